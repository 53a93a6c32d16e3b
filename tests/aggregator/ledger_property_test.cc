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

struct Mishaps {
  bool in_order = false;  // by time
  std::uint32_t repeats = 0;
  std::uint32_t crash_percent = 0;
  std::uint32_t close_percent = 0;
};

void run_all(RandomEvents& random, std::vector<Event> events, const Mishaps& mishaps, LedgerHarness& harness) {
  for (std::uint32_t i = 0; i < mishaps.repeats; ++i)
    events.push_back(events[random.below(static_cast<std::uint32_t>(events.size()))]);
  events = random.shuffled(std::move(events));
  if (mishaps.in_order) std::ranges::stable_sort(events, {}, &Event::captured_at);
  const std::span<const Event> all(events);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random.below(30), all.size() - at);
    const char* crash_at = nullptr;
    if (random.below(100) < mishaps.crash_percent)
      crash_at = std::array{"begin", "load", "write", "commit"}[random.below(4)];
    harness.store().fault = [&](const char* operation) -> std::optional<StoreFault> {
      if (crash_at == nullptr || std::string_view(operation) != crash_at) return std::nullopt;
      return StoreFault::unavailable;
    };
    const bool taken = [&] {
      const bool done = harness.take(all.subspan(at, size), random.below(3) == 0);
      harness.store().fault = nullptr;
      return done;
    }();
    if (taken) at += size;
    if (random.below(100) < mishaps.crash_percent) harness.restart();
    if (random.below(100) < mishaps.close_percent) harness.close();
  }
  harness.settle();
}

void expect_same_as_join(std::uint32_t seed, const Mishaps& mishaps, bool half_circle = true) {
  const Inventory inventory = *Inventory::build(property_fleet());
  RandomEvents random(seed, half_circle);
  const std::vector<Event> events = random.take(20 + random.below(300));
  const LedgerSettings settings = small_settings();
  Join join(inventory, {}, settings);
  for (const Event& seen : events) join.consume(seen);
  LedgerHarness harness(inventory, settings);
  run_all(random, events, mishaps, harness);
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
