#include "health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kNow{std::chrono::hours(5)};

RunnerFigures running() {
  RunnerFigures figures;
  figures.database = "prod";
  figures.state = RunnerState::running;
  figures.partitions = 3;
  figures.progress = kNow;
  return figures;
}

TEST(Health, ARunningOneIsWellAndReady) {
  EXPECT_TRUE(health_of({running()}, kNow).well());
  EXPECT_TRUE(health_of({running()}, kNow).notes.empty());
  EXPECT_TRUE(readiness_of({running()}).well());
}

TEST(Health, WaitingForOthersIsWellButNotReady) {
  RunnerFigures figures = running();
  figures.state = RunnerState::waiting;
  figures.problem = "connection refused";
  EXPECT_TRUE(health_of({figures}, kNow).well()) << "a restart would not help";
  EXPECT_THAT(health_of({figures}, kNow).notes, testing::ElementsAre("prod: the database: connection refused"));
  EXPECT_THAT(readiness_of({figures}).reasons, testing::ElementsAre("prod: the database: connection refused"));
}

TEST(Health, WithoutPartitionsItIsNotReady) {
  RunnerFigures figures = running();
  figures.partitions = 0;
  EXPECT_THAT(readiness_of({figures}).reasons, testing::ElementsAre("prod: Kafka has given it no partition"));
  figures.feed = "kafka: no broker answers";
  EXPECT_THAT(readiness_of({figures}).reasons, testing::ElementsAre("prod: kafka: no broker answers"));
}

TEST(Health, StandingStillIsNotWell) {
  RunnerFigures figures = running();
  figures.progress = kNow - seconds(120);
  EXPECT_TRUE(health_of({figures}, kNow).well());
  figures.progress = kNow - seconds(121);
  EXPECT_THAT(health_of({figures}, kNow).reasons, testing::ElementsAre("prod: no progress for 121 s"));
}

TEST(Health, OneOfSeveralThatEndedIsNamed) {
  RunnerFigures test = running();
  test.database = "test";
  test.state = RunnerState::ended;
  EXPECT_THAT(health_of({running(), test}, kNow).reasons, testing::ElementsAre("test: has ended"));
}

TEST(Health, AnInventoryThatContradictsItselfIsANote) {
  RunnerFigures figures = running();
  figures.inventory = "'vie1' twice";
  EXPECT_TRUE(readiness_of({figures}).well());
  EXPECT_THAT(health_of({figures}, kNow).notes, testing::ElementsAre("prod: the inventory: 'vie1' twice"));
}

}  // namespace
}  // namespace zonelag::aggregator
