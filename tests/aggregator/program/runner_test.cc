#include "runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner_scenario.h"

namespace zonelag::aggregator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Runner, ConsumesWhatIsThereAndKeepsItsOffsets) {
  RunnerScenario scenario;
  scenario.publish(1);
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_EQ(process.runner->figures().events, 60);
  for (const std::int32_t partition : {0, 1, 2, 3}) {
    EXPECT_EQ(process.feed->told().at(partition), scenario.topic.end(partition));
  }
  EXPECT_EQ(process.sender.arrived.size(), 60);
}

TEST(Runner, IsReadyBeforePartitionsCome) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  scenario.step(process, 2);
  EXPECT_EQ(process.runner->figures().state, RunnerState::running);
  EXPECT_EQ(process.runner->figures().partitions, 0);
  scenario.clock.wait(std::chrono::seconds(5));
  scenario.step(process, 3);
  EXPECT_EQ(scenario.said("consuming"), 0) << "nothing is, yet";
  process.feed->give({0, 1});
  scenario.clock.wait(std::chrono::seconds(5));
  scenario.step(process, 3);
  EXPECT_EQ(scenario.said("consuming database=prod partitions=0,1"), 1);
}

TEST(Runner, AnInventoryWithoutNameServersIsAWarning) {
  RunnerScenario scenario;
  Process& process = scenario.start({.inventory_poll = std::chrono::seconds(60)});
  scenario.step(process, 2);
  EXPECT_EQ(scenario.said("warning: inventory read: it has no name server"), 1);
  EXPECT_EQ(scenario.said("zonelag inventory import"), 1);
  scenario.database.inventory.nameservers = {{.hostname = "vie1", .ip4 = decoder::IpAddress::parse("192.0.2.10")}};
  scenario.clock.wait(std::chrono::seconds(61));
  scenario.step(process);
  EXPECT_EQ(scenario.said("info: inventory read database=prod nameservers=1"), 1);
}

TEST(Runner, AnotherProcessGoesOnWhereTheFirstStopped) {
  RunnerScenario scenario;
  scenario.publish(1);
  Process& first = scenario.start();
  first.feed->give({0, 1, 2, 3});
  ASSERT_TRUE(scenario.settle({&first}));
  EXPECT_EQ(first.runner->finish(), RunnerEnd::stopped);
  EXPECT_TRUE(first.feed->left());

  scenario.publish(2);
  Process& second = scenario.start();
  second.feed->give({0, 1, 2, 3});
  ASSERT_TRUE(scenario.settle({&second})) << scenario.difference();
  EXPECT_EQ(second.runner->figures().events, 60) << "only what was new";
}

TEST(Runner, SharesPartitionsAndGivesThemAway) {
  RunnerScenario scenario;
  Process& first = scenario.start();
  Process& second = scenario.start();
  first.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  scenario.step(first, 3);
  first.feed->take({2, 3});
  second.feed->give({2, 3});
  scenario.publish(2);
  ASSERT_TRUE(scenario.settle({&first, &second})) << scenario.difference();
  EXPECT_EQ(first.runner->figures().partitions, 2);
  EXPECT_EQ(second.runner->figures().partitions, 2);
  EXPECT_EQ(second.runner->figures().fences, 0);
  EXPECT_LT(first.runner->figures().zones, 20) << "the zones of partitions given away are forgotten";
}

TEST(Runner, WhoWasNotToldIsFencedAndChangesNothing) {
  RunnerScenario scenario;
  Process& zombie = scenario.start();
  Process& heir = scenario.start();
  zombie.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  ASSERT_TRUE(scenario.settle({&zombie}));
  heir.feed->give({0, 1, 2, 3});
  scenario.step(heir, 2);
  scenario.publish(2);
  const std::uint64_t commits = zombie.store.commits;
  scenario.step(zombie, 1);
  EXPECT_EQ(zombie.store.commits, commits);
  EXPECT_EQ(zombie.runner->figures().fences, 1);
  EXPECT_EQ(zombie.runner->figures().state, RunnerState::fenced);
  zombie.feed->take({0, 1, 2, 3}, true);
  ASSERT_TRUE(scenario.settle({&zombie, &heir})) << scenario.difference();
}

TEST(Runner, ALargerTopicMovesZonesOnceAndForAll) {
  RunnerScenario scenario(4);
  Process& first = scenario.start();
  Process& second = scenario.start();
  first.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  ASSERT_TRUE(scenario.settle({&first}));
  scenario.publish(2);  // some of them are no longer at home, once it has grown
  scenario.topic.grow(12);
  scenario.publish(3);
  second.feed->notice_growth();
  second.feed->give({4, 5, 6, 7, 8, 9, 10, 11});
  scenario.step(second, 3);
  scenario.step(first, 20);
  EXPECT_GE(first.runner->figures().fences, 1) << "it does not know yet, and must not write";
  first.feed->notice_growth();
  ASSERT_TRUE(scenario.settle({&first, &second})) << scenario.difference();
  EXPECT_GT(first.runner->figures().strays, 0);
  EXPECT_EQ(first.runner->figures().layout, 12);
}

TEST(Runner, NoticesGrowthByItself) {
  RunnerScenario scenario(4);
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  ASSERT_TRUE(scenario.settle({&process}));
  scenario.publish(2);
  scenario.topic.grow(6);
  // In the middle of a poll: what it brought was sorted by the smaller layout.
  process.feed->before_records = [&] { process.feed->notice_growth(); };
  process.feed->give({4, 5});
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_EQ(process.runner->figures().fences, 0);
}

TEST(Runner, PoisonIsKeptAsideWithItsReason) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  scenario.topic.add_to(1, std::nullopt);
  scenario.publish(1);
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_THAT(process.runner->figures().dead_letters, ElementsAre(testing::Pair("event: not protobuf", 1)));
  std::vector<OutgoingMessage> dead;
  for (const auto& message : process.sender.arrived) {
    if (message.topic == "zonelag.events.dead") dead.push_back(message);
  }
  ASSERT_EQ(dead.size(), 1);
  EXPECT_EQ(dead[0].value, "junk");
  EXPECT_THAT(dead[0].headers, testing::Contains(testing::Pair("zonelag-reason", "event: not protobuf")));
  EXPECT_THAT(dead[0].headers, testing::Contains(testing::Pair("zonelag-partition", "1")));
}

TEST(Runner, ASenderThatIsFullStopsEventsButNotTheGroup) {
  RunnerScenario scenario;
  Process& process = scenario.start({.batch_events = 10});
  process.feed->give({0, 1, 2, 3});
  process.sender.full = true;
  scenario.publish(1);
  scenario.step(process, 50);
  EXPECT_TRUE(process.feed->paused());
  EXPECT_EQ(process.runner->figures().events, 10) << "one batch, and no more";
  EXPECT_EQ(process.runner->figures().state, RunnerState::blocked);
  EXPECT_GT(process.feed->polls(), 40);
  EXPECT_EQ(scenario.said("waiting for Kafka to take the results"), 1);
  process.sender.full = false;
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_EQ(process.sender.arrived.size(), 60);
}

TEST(Runner, WhatWasNotSentIsSentByTheNextOne) {
  RunnerScenario scenario;
  Process& first = scenario.start();
  first.feed->give({0, 1, 2, 3});
  first.sender.stuck = true;
  scenario.publish(1);
  scenario.step(first, 5);
  EXPECT_EQ(first.runner->finish(), RunnerEnd::stopped);
  EXPECT_FALSE(scenario.database.tables.outbox.empty());
  Process& second = scenario.start();
  second.feed->give({0, 1, 2, 3});
  ASSERT_TRUE(scenario.settle({&second}));
  EXPECT_EQ(second.sender.arrived.size(), 60);
}

TEST(Runner, AnEntryOnItsWayIsNotSentTwice) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  process.sender.stuck = true;
  scenario.publish(1);
  scenario.step(process, 5);
  process.store.fail({.call = 1, .fault = StoreFault::unavailable});
  scenario.step(process, 20);
  EXPECT_EQ(process.runner->figures().rollbacks, 1);
  process.sender.stuck = false;
  ASSERT_TRUE(scenario.settle({&process}));
  EXPECT_EQ(process.sender.arrived.size(), 60);
}

TEST(Runner, RecordsThatAreGoneAreToldOnceTheyAreSurelyGone) {
  RunnerScenario scenario(1);
  Process& process = scenario.start();
  process.feed->give({0});
  scenario.publish(1, 2);
  ASSERT_TRUE(scenario.settle({&process}));
  process.feed->take({0});
  scenario.step(process);
  scenario.publish(1, 2);
  scenario.topic.remove_before(0, 9);
  process.feed->give({0});
  ASSERT_TRUE(scenario.settle({&process}));
  EXPECT_EQ(process.runner->figures().skipped, 3);
  EXPECT_EQ(scenario.said("records were gone from the topic before they were read database=prod partition=0"), 1);
}

TEST(Runner, WhatWasReadAheadOfARewindIsNoGap) {
  RunnerScenario scenario(1);
  Process& process = scenario.start({.batch_events = 3});
  process.feed->give({0});
  scenario.publish(1, 4);
  process.feed->read_ahead = true;
  process.store.fail({.call = 11});
  ASSERT_TRUE(scenario.settle({&process})) << scenario.difference();
  EXPECT_EQ(process.runner->figures().skipped, 0);
}

TEST(Runner, AContradictoryInventoryStopsAStartAndNothingElse) {
  RunnerScenario scenario;
  const Nameserver node{.hostname = "vie1", .ip4 = decoder::IpAddress::parse("192.0.2.10")};
  scenario.database.inventory.nameservers = {node, node};
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  scenario.publish(1);
  scenario.step(process, 30);
  EXPECT_EQ(process.runner->figures().state, RunnerState::contradiction);
  EXPECT_THAT(process.runner->figures().inventory, HasSubstr("vie1"));
  EXPECT_EQ(process.runner->figures().events, 0);
  EXPECT_EQ(scenario.said("the inventory in the tables contradicts itself"), 1);

  scenario.database.inventory.nameservers = {node};
  ASSERT_TRUE(scenario.settle({&process}));
  EXPECT_THAT(process.runner->figures().inventory, IsEmpty());

  scenario.database.inventory.nameservers = {node, node};
  process.store.changed = true;
  scenario.publish(2);
  ASSERT_TRUE(scenario.settle({&process}));
  EXPECT_THAT(process.runner->figures().inventory, HasSubstr("vie1"));
  EXPECT_EQ(process.runner->figures().state, RunnerState::running);
  EXPECT_EQ(process.runner->figures().inventories, 1);
  EXPECT_EQ(scenario.said("the inventory is sound again"), 1);

  scenario.database.inventory.nameservers = {node};
  process.store.changed = true;
  scenario.step(process, 3);
  EXPECT_EQ(scenario.said("the inventory is sound again"), 2);
}

TEST(Runner, InventoryIsReadAgainWithoutBeingTold) {
  RunnerScenario scenario;
  Process& process = scenario.start({.inventory_poll = std::chrono::seconds(60)});
  scenario.step(process, 2);
  scenario.database.inventory.nameservers = {{.hostname = "vie1", .ip4 = decoder::IpAddress::parse("192.0.2.10")}};
  scenario.clock.wait(std::chrono::seconds(30));
  scenario.step(process);
  EXPECT_EQ(process.runner->figures().inventories, 1);
  scenario.clock.wait(std::chrono::seconds(31));
  scenario.step(process);
  EXPECT_EQ(process.runner->figures().inventories, 2);
}

TEST(Runner, LooksAfterTheTablesByEventTime) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  process.feed->give({0, 1, 2, 3});
  scenario.topic.add(announced("old.example", 1, "192.0.2.10", -1'000'000));
  scenario.step(process, 3);
  EXPECT_THAT(process.store.maintained, ElementsAre(announced("old.example", 1, "192.0.2.10", -1'000'000).captured_at));
  scenario.clock.wait(std::chrono::hours(1));
  scenario.step(process);
  EXPECT_EQ(process.store.maintained.size(), 2);
}

TEST(Runner, OnceEndsWhenAllIsReadAndSent) {
  RunnerScenario scenario(4);
  scenario.publish(1);
  scenario.topic.grow(8);  // strays: sent home by this very run, and read there
  Process& process = scenario.start({.batch_events = 7, .once = true});
  process.feed->give({0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(process.runner->run({}), RunnerEnd::finished);
  EXPECT_EQ(scenario.difference(), "");
  EXPECT_GT(process.runner->figures().strays, 0);
  EXPECT_TRUE(scenario.database.tables.outbox.empty());
}

// Another process writes all the time, to wrong partitions, too.
bool ends_while_written_to(RunnerScenario& scenario, Process& process, bool strays) {
  for (std::uint32_t serial = 2; serial < 500; ++serial) {
    scenario.publish(serial, 5);
    if (strays) {
      const decoder::Event event = announced("zone1.example", 1, "192.0.2.10");
      scenario.topic.add_to((scenario.topic.home_of(event.zone) + 1) % scenario.topic.layout(), event);
    }
    if (!process.runner->step()) return true;
  }
  return false;
}

TEST(Runner, OnceEndsThoughMoreAndMoreComes) {
  for (const bool strays : {false, true}) {
    RunnerScenario scenario(4);
    scenario.publish(1);
    Process& process = scenario.start({.batch_events = 40, .once = true});
    process.feed->give({0, 1, 2, 3});
    EXPECT_TRUE(ends_while_written_to(scenario, process, strays)) << strays;
    EXPECT_EQ(process.runner->finish(), RunnerEnd::finished);
    EXPECT_GE(process.runner->figures().events, 60) << "all that was there";
    EXPECT_EQ(process.sender.waiting(), 0);
    Process& rest = scenario.start({.once = true});
    rest.feed->give({0, 1, 2, 3});
    EXPECT_EQ(rest.runner->run({}), RunnerEnd::finished);
    EXPECT_EQ(scenario.difference(), "");
  }
}

TEST(Runner, OnceReadsToTheEndAgainWhatItWindsBack) {
  RunnerScenario scenario(1);
  scenario.publish(1, 2);
  Process& first = scenario.start({.once = true});
  first.feed->give({0});
  ASSERT_EQ(first.runner->run({}), RunnerEnd::finished);
  scenario.publish(2, 2);
  scenario.topic.remove_before(0, 9);
  Process& second = scenario.start({.once = true});
  second.feed->give({0});
  EXPECT_EQ(second.runner->run({}), RunnerEnd::finished);
  EXPECT_EQ(second.runner->figures().skipped, 3) << "asked for once more, and consumed then";
  EXPECT_EQ(second.runner->figures().events, 3);
}

// The home partition was read to its end before they came there.
TEST(Runner, OnceReadsStraysThatComeHomeLate) {
  RunnerScenario scenario(2);
  const decoder::Event event = announced("zone1.example", 1, "192.0.2.10");
  scenario.topic.add_to(1 - scenario.topic.home_of(event.zone), event);
  Process& process = scenario.start({.once = true});
  process.feed->give({0, 1});
  process.sender.stuck = true;
  scenario.step(process, 50);
  process.sender.stuck = false;
  EXPECT_EQ(process.runner->run({}), RunnerEnd::finished);
  EXPECT_EQ(process.runner->figures().events, 1);
}

TEST(Runner, OnceWithoutPartitionsOrStoreFailsInTheEnd) {
  RunnerScenario scenario;
  Process& without_partitions = scenario.start({.once = true});
  EXPECT_EQ(without_partitions.runner->run({}), RunnerEnd::incomplete);
  EXPECT_EQ(scenario.said("no partition was assigned"), 1);
  Process& without_store = scenario.start({.once = true});
  without_store.feed->give({0});
  without_store.store.fail({.call = 1, .times = 1'000'000});
  EXPECT_EQ(without_store.runner->run({}), RunnerEnd::incomplete);
  EXPECT_EQ(scenario.said("the store did not come"), 1);
}

TEST(Runner, AFatalFeedEndsIt) {
  RunnerScenario scenario;
  Process& process = scenario.start();
  process.feed->fatal = "the group has another member of this name";
  EXPECT_EQ(process.runner->run({}), RunnerEnd::failed);
  EXPECT_EQ(scenario.said("the group has another member of this name"), 1);
}

}  // namespace
}  // namespace zonelag::aggregator
