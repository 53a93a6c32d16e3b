// The store fails at each of its calls, before and after it did its work; partitions come and go at each step.
#include <gtest/gtest.h>

#include "runner.h"
#include "runner_scenario.h"

namespace zonelag::aggregator {
namespace {

// How many calls an undisturbed run makes.
std::uint64_t calls_of_a_run() {
  RunnerScenario scenario;
  scenario.publish(1);
  Process& process = scenario.start({.batch_events = 13});
  process.feed->give({0, 1, 2, 3});
  EXPECT_TRUE(scenario.settle({&process}));
  return process.store.calls();
}

struct FaultCase {
  StoreFault fault;
  WhenInCall when;
};

class RunnerFault : public testing::TestWithParam<FaultCase> {};

TEST_P(RunnerFault, AtAnyCallLosesAndDoublesNothing) {
  const std::uint64_t calls = calls_of_a_run();
  ASSERT_GT(calls, 30);
  for (std::uint64_t call = 1; call <= calls; ++call) {
    RunnerScenario scenario;
    scenario.publish(1);
    Process& process = scenario.start({.batch_events = 13});
    process.feed->give({0, 1, 2, 3});
    process.store.fail({.call = call, .fault = GetParam().fault, .when = GetParam().when});
    ASSERT_TRUE(scenario.settle({&process})) << "call " << call << ": " << scenario.difference();
    scenario.step(process, 20);
    EXPECT_EQ(process.runner->figures().state, RunnerState::running);
  }
}

// The process is killed there, and another one begins.
TEST_P(RunnerFault, DeathAtAnyCallLosesAndDoublesNothing) {
  const std::uint64_t calls = calls_of_a_run();
  for (std::uint64_t call = 1; call <= calls; ++call) {
    RunnerScenario scenario;
    scenario.publish(1);
    Process& victim = scenario.start({.batch_events = 13});
    victim.feed->give({0, 1, 2, 3});
    victim.store.fail({.call = call, .fault = GetParam().fault, .when = GetParam().when});
    for (int step = 0; step < 200 && victim.runner->figures().rollbacks == 0; ++step) scenario.step(victim);
    scenario.publish(2);
    Process& heir = scenario.start({.batch_events = 13});
    heir.feed->give({0, 1, 2, 3});
    ASSERT_TRUE(scenario.settle({&heir})) << "call " << call << ": " << scenario.difference();
    EXPECT_GE(victim.sender.arrived.size() + heir.sender.arrived.size(), 120) << "call " << call;
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, RunnerFault,
                         testing::Values(FaultCase{StoreFault::unavailable, WhenInCall::before},
                                         FaultCase{StoreFault::unavailable, WhenInCall::after},
                                         FaultCase{StoreFault::full, WhenInCall::before},
                                         FaultCase{StoreFault::broken, WhenInCall::before},
                                         FaultCase{StoreFault::fenced, WhenInCall::before}));

TEST(RunnerRebalance, AtAnyStepLosesAndDoublesNothing) {
  constexpr std::size_t kSteps = 25;
  for (std::size_t when = 0; when < kSteps; ++when) {
    for (const bool lost : {false, true}) {
      RunnerScenario scenario;
      Process& first = scenario.start({.batch_events = 5});
      Process& second = scenario.start({.batch_events = 5});
      scenario.publish(1);
      first.feed->give({0, 1, 2, 3});
      scenario.step(first, when);
      first.feed->take({1, 3}, lost);
      second.feed->give({1, 3});
      if (lost) scenario.step(second, 3);  // the first one is told too late
      ASSERT_TRUE(scenario.settle({&first, &second})) << when << ": " << scenario.difference();
      first.feed->give({1, 3});
      second.feed->take({1, 3}, lost);
      scenario.publish(2);
      ASSERT_TRUE(scenario.settle({&second, &first})) << when << ": " << scenario.difference();
    }
  }
}

TEST(RunnerFaults, AStoreThatIsAwayKeepsTheGroupAndIsToldOnce) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  ASSERT_TRUE(scenario.settle({&process}));
  process.store.fail({.call = 1, .times = 12});
  scenario.publish(2);
  const auto before = scenario.clock.steady();
  const std::uint64_t polls = process.feed->polls();
  scenario.step(process, 10);
  EXPECT_TRUE(process.feed->paused());
  EXPECT_EQ(process.runner->figures().state, RunnerState::waiting);
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_GT(scenario.clock.steady() - before, std::chrono::seconds(15)) << "further and further apart";
  EXPECT_LT(scenario.clock.steady() - before, std::chrono::seconds(45)) << "but not more than 5 s";
  EXPECT_GT(process.feed->polls() - polls, 100) << "the group was kept";
  EXPECT_EQ(scenario.said("waiting: nothing is consumed"), 1);
  EXPECT_EQ(scenario.said("consuming"), 2);
  EXPECT_FALSE(process.feed->paused());
}

TEST(RunnerFaults, AWrongSchemaEndsIt) {
  for (const bool once : {false, true}) {
    RunnerScenario scenario;
    Process& process = scenario.start({.once = once});
    process.store.fail({.call = 1, .fault = StoreFault::schema});
    EXPECT_EQ(process.runner->run({}), RunnerEnd::failed);
    EXPECT_EQ(scenario.said("injected: schema"), 1);
  }
}

TEST(RunnerFaults, AWrongSchemaAmongSeveralDatabasesIsWaitedFor) {
  RunnerScenario scenario;
  Process& process = scenario.start({.schema_is_fatal = false});
  process.feed->give({0, 1, 2, 3});
  process.store.fail({.call = 1, .fault = StoreFault::schema, .times = 3});
  scenario.publish(1);
  EXPECT_TRUE(scenario.settle({&process}));
}

}  // namespace
}  // namespace zonelag::aggregator
