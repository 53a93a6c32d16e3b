// fill_database URI EVENTS.pb: a file of events through the ledger into the store, in batches, as the aggregator does
// it with those of a topic.
#include <fmt/format.h>

#include <fstream>
#include <span>
#include <vector>

#include "aggregator/ledger.h"
#include "aggregator/store/postgres.h"
#include "proto/codec.h"

namespace {

using namespace zonelag::aggregator;

constexpr std::size_t kBatch = 200;

int fail(const std::string& why) {
  fmt::print(stderr, "fill_database: {}\n", why);
  return 1;
}

std::vector<Event> read_events(const char* path) {
  std::vector<Event> events;
  std::ifstream file(path, std::ios::binary);
  while (auto event = zonelag::proto::read_delimited(file)) {
    if (!*event) break;
    events.push_back(**std::move(event));
  }
  return events;
}

Stored<void> consume(PostgresStore& store, Ledger& ledger, std::span<const Event> batch, std::int64_t from) {
  Timestamp latest = ledger.latest();
  for (const Event& event : batch) latest = std::max(latest, event.captured_at);
  const ConsumedRange ranges[] = {{0, from, std::max<std::int64_t>(from, 0) + std::ssize(batch), latest}};
  if (auto begun = store.begin(ranges); !begun) return std::unexpected(begun.error());
  if (const auto wanted = ledger.wanted(batch); !wanted.empty()) {
    auto zones = store.load(wanted);
    if (!zones) return std::unexpected(zones.error());
    for (const StoredZone& zone : *zones) ledger.restore(zone);
  }
  for (const Event& event : batch) ledger.consume(event);
  Changes changes;
  ledger.take_changes(latest, true, changes);
  if (auto written = store.write(changes); !written) return written;
  if (auto committed = store.commit(); !committed) return committed;
  ledger.close_versions(latest);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("URI EVENTS.pb");
  DatabaseConfig config;
  config.connection = argv[1];
  PostgresStore store(config);
  constexpr std::int32_t kZero[] = {0};
  const auto adopted = store.adopt(kZero, 1);
  if (!adopted) return fail(adopted.error().text);
  auto rows = store.inventory();
  if (!rows) return fail(rows.error().text);
  auto inventory = Inventory::build(*std::move(rows));
  if (!inventory) return fail(inventory.error());
  Ledger ledger(*std::move(inventory), {});
  const std::vector<Event> events = read_events(argv[2]);
  std::int64_t offset = adopted->front().next_offset;
  for (std::size_t i = 0; i < events.size(); i += kBatch) {
    const auto batch = std::span(events).subspan(i, std::min(kBatch, events.size() - i));
    if (const auto done = consume(store, ledger, batch, offset); !done) return fail(done.error().text);
    offset = std::max<std::int64_t>(offset, 0) + std::ssize(batch);
  }
  fmt::print("{} events\n", events.size());
  return events.empty() ? fail("no event") : 0;
}
