// The service's tables are those of the Join over the same events: whatever the batches, repeats, order, crashes, and
// whenever versions left memory and came back.
#include <gtest/gtest.h>

#include "ledger_harness.h"
#include "random_events.h"

namespace zonelag::aggregator {
namespace {

// In the random events' milliseconds.
LedgerSettings small_settings() {
  LedgerSettings settings;
  settings.horizon = ms(30);
  settings.settled = ms(5);
  return settings;
}

void expect_same_as_join(std::uint32_t seed, const Mishaps& mishaps, bool half_circle = true) {
  const Inventory inventory = *Inventory::build(property_fleet());
  RandomEvents random(seed, half_circle);
  const std::vector<Event> events = random.take(20 + random.below(300));
  const LedgerSettings settings = small_settings();
  Join join(inventory, {}, settings);
  for (const Event& seen : events) join.consume(seen);
  LedgerHarness harness(inventory, settings);
  run_with_mishaps(events, mishaps, seed, harness);
  EXPECT_EQ(describe(harness.database()), describe_closed_form(join));
}

TEST(LedgerProperty, BatchesDoNotMatter) {
  for (std::uint32_t seed = 0; seed < 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_same_as_join(seed, {.repeats = 50});
  }
}

TEST(LedgerProperty, NorDoCrashes) {
  for (std::uint32_t seed = 100; seed < 200 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_same_as_join(seed, {.repeats = 50, .crash_percent = 30});
  }
}

TEST(LedgerProperty, NorWhenVersionsLeaveMemory) {
  for (std::uint32_t seed = 200; seed < 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_same_as_join(seed, {.in_order = true, .close_percent = 50});
  }
}

TEST(LedgerProperty, NorLateEventsForVersionsThatHaveLeft) {
  for (std::uint32_t seed = 300; seed < 500 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_same_as_join(seed, {.repeats = 50, .crash_percent = 10, .close_percent = 50});
  }
}

}  // namespace
}  // namespace zonelag::aggregator
