// Every capture set through the ledger and a store in memory: the tables are the rows that the Join prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "capture_set.h"
#include "ledger_harness.h"
#include "sensor/replay.h"

namespace zonelag::truth {
namespace {

using aggregator::LedgerHarness;
using aggregator::LedgerSettings;

class Kept final : public sensor::EventConsumer {
 public:
  void event(decoder::Event&& event, decoder::Bytes) override { events.push_back(std::move(event)); }
  std::vector<decoder::Event> events;
};

std::vector<decoder::Event> events_of(const std::filesystem::path& folder, const aggregator::Inventory& inventory) {
  std::vector<std::string> captures;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().find(".pcap") != std::string::npos) captures.push_back(entry.path().string());
  }
  std::ranges::sort(captures);
  const auto sites = cli::locate_captures(captures, inventory);
  EXPECT_TRUE(sites.has_value());
  Kept kept;
  auto replay = sensor::Replay::open(*sites, {}, kept);
  EXPECT_TRUE(replay.has_value());
  replay->run({}, {});
  return std::move(kept.events);
}

class LedgerCaptures : public testing::TestWithParam<std::string> {};

TEST_P(LedgerCaptures, TablesAreTheRowsOfReplay) {
  const std::filesystem::path folder = std::filesystem::path(ZONELAG_SOURCE_DIR) / "pcaps" / GetParam();
  const auto inventory = aggregator::load_inventory((folder / "inventory.toml").string());
  ASSERT_TRUE(inventory) << inventory.error();
  const std::vector<decoder::Event> events = events_of(folder, *inventory);
  ASSERT_FALSE(events.empty());
  LedgerSettings as_served;
  LedgerSettings hasty;  // so that versions leave memory within the captures' time
  hasty.settled = std::chrono::milliseconds(500);
  hasty.horizon = std::chrono::seconds(5);
  const auto size = static_cast<std::uint32_t>(events.size() / 20 + 10);
  for (const LedgerSettings& settings : {as_served, hasty}) {
    aggregator::Join join(*inventory, {}, settings);
    for (const decoder::Event& event : events) join.consume(event);
    const std::string expected = aggregator::describe_closed_form(join);
    for (const bool in_order : {true, false}) {
      LedgerHarness harness(*inventory, settings);
      run_with_mishaps(
          events,
          {.in_order = in_order, .repeats = size, .crash_percent = 10, .close_percent = 60, .largest_batch = size}, 7,
          harness);
      ASSERT_EQ(describe(harness.database()), expected) << "in order: " << in_order;
    }
  }
}

std::vector<std::string> capture_sets() {
  std::vector<std::string> sets;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(ZONELAG_SOURCE_DIR) / "pcaps")) {
    if (std::filesystem::exists(entry.path() / "inventory.toml")) sets.push_back(entry.path().filename().string());
  }
  std::ranges::sort(sets);
  return sets;
}

INSTANTIATE_TEST_SUITE_P(Pcaps, LedgerCaptures, testing::ValuesIn(capture_sets()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace zonelag::truth
