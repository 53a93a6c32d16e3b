// What the ledger costs for each event, from consume() to the changes that a store would write, and what a
// (version, node) pair costs in memory.
//   ledger_bench [ZONES [NODES [VERSIONS [BATCH [ORDER]]]]]      default 20000 20 1 2000 version
// ORDER: `version`: all nodes' events of a version come together; `node`: all of one node's, then the next node's. Each
// node shows each version three times (announced, served, received). Making the events is measured apart and
// subtracted.
#include <charconv>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>

#include "aggregator/ledger.h"
#include "bench_events.h"

namespace {

using namespace zonelag;
using namespace zonelag::bench;

template <typename Use>
double run(const Scale& scale, bool by_node, Use use) {
  EventMaker maker(scale);
  const auto start = std::clock();
  const auto each_version = [&](auto each) {
    for (std::uint64_t version = 0; version < scale.versions; ++version) {
      for (std::uint64_t zone = 0; zone < scale.zones; ++zone) each(version, zone);
    }
  };
  const auto one = [&](std::uint64_t node, std::uint64_t version, std::uint64_t zone) {
    for (std::uint64_t kind = 0; kind < 3; ++kind) use(maker.make(kind, node, version, zone));
  };
  if (by_node) {
    for (std::uint64_t node = 0; node < scale.nodes; ++node) {
      each_version([&](std::uint64_t version, std::uint64_t zone) { one(node, version, zone); });
    }
  } else {
    each_version([&](std::uint64_t version, std::uint64_t zone) {
      for (std::uint64_t node = 0; node < scale.nodes; ++node) one(node, version, zone);
    });
  }
  return seconds_since(start);
}

struct Totals {
  std::uint64_t evidence = 0;
  std::uint64_t rows = 0;
  std::uint64_t versions = 0;
};

// As the program does it, save that the store is empty: every zone is new to it.
class Consumer {
 public:
  Consumer(aggregator::Ledger& ledger, std::uint64_t batch) : ledger_(ledger), batch_(batch) {}

  void take(const Event& event) {
    events_.push_back(event);
    if (events_.size() >= batch_) flush();
  }
  void flush() {
    const auto start = std::clock();
    for (const aggregator::WantedZone& zone : ledger_.wanted(events_)) {
      aggregator::StoredZone none;
      none.zone = zone.zone;
      none.since = zone.since;
      ledger_.restore(none);
    }
    wanting += seconds_since(start);
    const auto middle = std::clock();
    for (const Event& event : events_) ledger_.consume(event);
    consuming += seconds_since(middle);
    const auto then = std::clock();
    ledger_.take_changes(ledger_.latest(), false, changes_);
    taking += seconds_since(then);
    totals.evidence += changes_.evidence.size();
    totals.rows += changes_.nodes.size();
    totals.versions += changes_.versions.size();
    changes_.clear();
    events_.clear();
  }

  Totals totals;
  double wanting = 0;
  double consuming = 0;
  double taking = 0;

 private:
  aggregator::Ledger& ledger_;
  std::uint64_t batch_;
  std::vector<Event> events_;
  aggregator::Changes changes_;
};

}  // namespace

int main(int argc, char** argv) {
  Scale scale{20'000, 20, 1};
  std::uint64_t batch = 2'000;
  for (auto [i, value] : {std::pair{1, &scale.zones}, {2, &scale.nodes}, {3, &scale.versions}, {4, &batch}}) {
    if (i >= argc) break;
    const std::string_view text(argv[i]);
    if (std::from_chars(text.data(), text.data() + text.size(), *value).ec != std::errc() || *value == 0) return 2;
  }
  const bool by_node = argc > 5 && std::string_view(argv[5]) == "node";
  aggregator::LedgerSettings settings;
  settings.policies = aggregator::ready_made_policies();
  const std::uint64_t resident = resident_bytes();
  aggregator::Ledger ledger(fleet(scale), settings);
  Consumer consumer(ledger, batch);
  run(scale, by_node, [&](const Event& event) { consumer.take(event); });
  consumer.flush();
  const auto events = static_cast<double>(scale.events());
  const auto pairs = static_cast<double>(ledger.open_pairs());
  const double total = consumer.wanting + consumer.consuming + consumer.taking;
  std::printf("events %.0f, evidence %.3f, rows %.3f, versions %.3f written for each\n", events,
              static_cast<double>(consumer.totals.evidence) / events,
              static_cast<double>(consumer.totals.rows) / events,
              static_cast<double>(consumer.totals.versions) / events);
  std::printf("us an event: %.2f (wanted %.2f, consume %.2f, take_changes %.2f)\n", total / events * 1e6,
              consumer.wanting / events * 1e6, consumer.consuming / events * 1e6, consumer.taking / events * 1e6);
  std::printf("bytes a pair: %.1f counted, %.1f resident, of %.0f pairs\n",
              static_cast<double>(ledger.memory_bytes()) / pairs,
              static_cast<double>(resident_bytes() - resident) / pairs, pairs);
  const auto start = std::clock();
  aggregator::Changes changes;
  ledger.take_changes(ledger.latest(), true, changes);
  std::printf("take_changes of all, nothing due: %.2f ms, %zu rows\n", seconds_since(start) * 1e3, changes.rows());
  const auto closing = std::clock();
  ledger.close_versions(ledger.latest() + std::chrono::hours(11));
  std::printf("close_versions: %.2f ms, then %zu zones, %zu bytes\n", seconds_since(closing) * 1e3, ledger.zones(),
              ledger.memory_bytes());
}
