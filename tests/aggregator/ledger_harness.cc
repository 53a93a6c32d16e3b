#include "ledger_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace zonelag::aggregator {
namespace {

constexpr std::array<std::int32_t, 1> kPartition{0};

int chain_place(Role role) { return role == Role::unknown ? 5 : static_cast<int>(role); }

std::string closed_form(VersionRow version, const std::vector<std::string>& open_nodes) {
  std::ranges::sort(version.nodes, {}, [](const NodeRow& node) {
    return std::tuple(chain_place(node.role), node.loc, node.hostname, node.srcip);
  });
  std::string text = describe(version) + "  open:";
  for (const std::string& node : open_nodes) text += " " + node;
  return text + "\n";
}

}  // namespace

LedgerHarness::LedgerHarness(Inventory inventory, LedgerSettings settings, const Around& around)
    : inventory_(std::move(inventory)),
      settings_(std::move(settings)),
      around_(around ? around(store_) : nullptr),
      used_(around_ ? *around_ : store_) {
  restart();
}

void LedgerHarness::restart() {
  used_.rollback();
  ledger_ = std::make_unique<Ledger>(inventory_, settings_);
  offset_ = used_.adopt(kPartition, 1)->front().next_offset;
  now_ = used_.latest()->value_or(Timestamp::min());
  ledger_->replace_services(*used_.services());
  ledger_->restore(*used_.sensors());
  if (now_ == Timestamp::min()) return;
  const auto taken = used_.open_zones(kPartition, 1, now_ - settings_.horizon, now_ - settings_.settled,
                                      [&](StoredZone&& zone) { ledger_->restore(zone); });
  EXPECT_TRUE(taken.has_value());
}

bool LedgerHarness::give_up(const StoreError& error) {
  fault_ = error.text;
  EXPECT_NE(error.fault, StoreFault::broken) << error.text;
  restart();
  return false;
}

bool LedgerHarness::take(std::span<const Event> batch, bool all) {
  Timestamp latest = now_;
  for (const Event& event : batch) latest = std::max(latest, event.captured_at);
  const std::int64_t next = std::max<std::int64_t>(offset_, 0) + static_cast<std::int64_t>(batch.size());
  const ConsumedRange range{0, offset_, next, latest};
  if (const auto done = used_.begin({&range, 1}); !done) return give_up(done.error());
  for (int round = 0;; ++round) {
    const std::vector<WantedZone> wanted = ledger_->wanted(batch);
    if (wanted.empty()) break;
    if (round == 100) {
      ADD_FAILURE() << "asks for " << wanted[0].zone.to_text() << " for ever";
      break;
    }
    const auto zones = used_.load(wanted);
    if (!zones) return give_up(zones.error());
    for (const StoredZone& zone : *zones) ledger_->restore(zone);
  }
  for (const Event& event : batch) ledger_->consume(event);
  changes_.clear();
  ledger_->take_changes(latest, all, changes_);
  if (const auto done = used_.write(changes_); !done) return give_up(done.error());
  if (const auto done = used_.commit(); !done) return give_up(done.error());
  offset_ = next;
  now_ = latest;
  return true;
}

void LedgerHarness::settle() { EXPECT_TRUE(take({}, true)); }

void LedgerHarness::replace_inventory(const Inventory& inventory) {
  inventory_ = inventory;
  ledger_->replace_inventory(inventory);
}

void LedgerHarness::reload_services() { ledger_->replace_services(*used_.services()); }

void run_with_mishaps(std::vector<Event> events, const Mishaps& mishaps, std::uint32_t seed, LedgerHarness& harness) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const std::size_t count = events.size();
  for (std::uint32_t i = 0; i < mishaps.repeats; ++i) events.push_back(events[below(count)]);
  std::ranges::shuffle(events, random);
  if (mishaps.in_order) std::ranges::stable_sort(events, {}, &Event::captured_at);
  const std::span<const Event> all(events);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t size = std::min(1 + below(mishaps.largest_batch), all.size() - at);
    const char* crash_at = nullptr;
    if (below(100) < mishaps.crash_percent) crash_at = std::array{"begin", "load", "write", "commit"}[below(4)];
    harness.store().fault = [&](const char* operation) -> std::optional<StoreFault> {
      if (crash_at == nullptr || std::string_view(operation) != crash_at) return std::nullopt;
      crash_at = nullptr;
      return StoreFault::unavailable;
    };
    const bool judge_all = below(3) == 0;
    if (harness.take(all.subspan(at, size), judge_all)) at += size;
    harness.store().fault = nullptr;
    if (below(100) < mishaps.crash_percent) harness.restart();
    if (below(100) < mishaps.close_percent) harness.close();
  }
  harness.settle();
}

std::string describe(const MemoryDatabase& database) {
  const MemoryDatabase::Tables& tables = database.tables;
  std::map<MemoryDatabase::VersionKey, std::vector<NodeRow>> nodes;
  for (const auto& [key, node] : tables.rows) nodes[{std::get<0>(key), std::get<1>(key)}].push_back(node.row);
  std::vector<std::tuple<std::string, Timestamp, std::uint32_t, const VersionChange*>> order;
  for (const auto& [key, version] : tables.versions) {
    const auto rows = nodes.find(key);
    if (version.inventory == 0) {
      EXPECT_TRUE(rows == nodes.end()) << "rows of what is no version";
      continue;
    }
    order.emplace_back(version.row.zone.to_text(), version.row.first_seen, version.row.serial.value(), &version);
  }
  std::ranges::sort(order);
  std::string text;
  for (const auto& [zone, first_seen, serial, version] : order) {
    VersionRow row = version->row;
    row.nodes = nodes[{row.zone, serial}];
    text += closed_form(row, version->open_nodes);
  }
  return text;
}

std::string describe_closed_form(const Join& join, const Policy* policy) {
  std::string text;
  join.for_each_version(
      [&](const VersionRow& whole) {
        VersionRow version = whole;
        std::vector<std::string> open;
        for (const NodeRow& node : version.nodes) {
          if (!node.live_at) open.push_back(node.hostname);
        }
        std::erase_if(version.nodes, [](const NodeRow& node) { return !node.live_at; });
        std::ranges::sort(open);
        text += closed_form(version, open);
      },
      policy);
  return text;
}

}  // namespace zonelag::aggregator
