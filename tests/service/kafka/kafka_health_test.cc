#include "service/kafka/kafka_health.h"

#include <gtest/gtest.h>

namespace {

using namespace zonelag::service;
using namespace std::chrono_literals;

class KafkaHealthTest : public testing::Test {
 protected:
  std::string problem(bool waiting = false) const { return health_.problem(now_, waiting, "a:1,b:2"); }

  KafkaHealth::Clock::time_point now_ = KafkaHealth::Clock::now();
  KafkaHealth health_{now_};
  const ProbeFinding ready_{.reached = true, .topic_found = true, .brokers = 1, .partitions = 3};
  const ProbeFinding nobody_{};
};

TEST_F(KafkaHealthTest, AnErrorIsAProblemOnceALookWasInVain) {
  EXPECT_EQ(problem(), "");
  health_.broker_error({"a:1", "connection refused"});
  EXPECT_EQ(problem(), "");
  health_.found(nobody_);
  EXPECT_EQ(problem(), "a:1: connection refused");
  health_.broker_error({"b:2", "disconnected"});
  health_.broker_error({"a:1", "does not answer"});
  EXPECT_EQ(problem(), "a:1: does not answer; b:2: disconnected");
  health_.found(ready_);
  EXPECT_EQ(problem(), "");
  EXPECT_TRUE(health_.connected());
  EXPECT_TRUE(health_.topic_ready());
}

TEST_F(KafkaHealthTest, SilenceIsAProblemAfterAWhile) {
  health_.found(nobody_);
  now_ += KafkaHealth::kPatience - 1ms;
  EXPECT_EQ(problem(), "");
  now_ += 1ms;
  EXPECT_EQ(problem(), "a:1,b:2: does not answer");
}

TEST_F(KafkaHealthTest, AnIdleConnectionThatWasClosedIsNone) {
  health_.found(ready_);
  health_.broker_error({"a:1", "disconnected"});
  health_.all_down();
  EXPECT_FALSE(health_.connected());
  EXPECT_EQ(problem(), "");
  health_.found(ready_);
  EXPECT_EQ(problem(), "");
}

TEST_F(KafkaHealthTest, NothingAcknowledged) {
  health_.found(ready_);
  health_.sent(now_);
  now_ += KafkaHealth::kPatience;
  EXPECT_EQ(problem(false), "");
  EXPECT_EQ(problem(true), "nothing was acknowledged for 10 s (are enough replicas in sync?)");
  health_.broker_error({"b:2", "does not answer"});
  EXPECT_EQ(problem(true), "nothing was acknowledged for 10 s: b:2: does not answer");
  health_.delivered(now_);
  EXPECT_EQ(problem(true), "");
}

// The next look may come when all is delivered and nobody looks any more.
TEST_F(KafkaHealthTest, ADeliveryShowsThatItIsReached) {
  health_.found(ready_);
  health_.all_down();
  health_.broker_error({"a:1", "connection refused"});
  health_.found(nobody_);
  EXPECT_NE(problem(true), "");
  health_.delivered(now_);
  EXPECT_EQ(problem(true), "");
  EXPECT_TRUE(health_.connected());
  health_.all_down();
  health_.found(nobody_);
  now_ += KafkaHealth::kPatience;
  EXPECT_EQ(problem(), "a:1,b:2: does not answer") << "old errors are gone";
}

TEST_F(KafkaHealthTest, AFailureStaysUntilADelivery) {
  health_.found(ready_);
  health_.failed("no permission");
  health_.restarted(now_);
  EXPECT_EQ(problem(), "no permission");
  health_.found(ready_);
  EXPECT_EQ(problem(), "no permission");
  health_.delivered(now_);
  EXPECT_EQ(problem(), "");
}

}  // namespace
