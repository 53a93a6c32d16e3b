// The sender against librdkafka's mock cluster.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/partition.h"
#include "mock_cluster.h"
#include "topic_reader.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kInitProducerId = 22;
constexpr int kPartitions = 4;

class KafkaSenderTest : public testing::Test {
 protected:
  KafkaSenderTest() {
    config_.kafka.brokers = {cluster_.broker()};
    cluster_.create("lags", kPartitions);
    cluster_.create("slas", kPartitions);
  }
  void open() {
    auto opened = KafkaSender::open(config_, [this](service::LogLevel level, const std::string& line) {
      const std::scoped_lock lock(mutex_);
      if (level != service::LogLevel::debug) log_.push_back(line);
    });
    ASSERT_TRUE(opened) << opened.error();
    sender_ = std::move(*opened);
  }
  std::vector<std::string> log() {
    const std::scoped_lock lock(mutex_);
    return log_;
  }
  // Entry `number`: two messages to each topic.
  static OutboxEntry entry(std::int64_t number) {
    OutboxEntry made{.id = number};
    for (const char* topic : {"lags", "slas", "lags", "slas"}) {
      made.messages.push_back({.topic = topic,
                               .key = fmt::format("zone{}", number % 10),
                               .value = fmt::format("{:06}/{}", number, made.messages.size())});
    }
    return made;
  }
  // All of entries [0, count), as fast as they are taken; the ids in the order in which they came.
  std::vector<std::int64_t> send(std::int64_t count, std::chrono::seconds within = 20s) {
    std::vector<std::int64_t> ids;
    const auto deadline = std::chrono::steady_clock::now() + within;
    for (std::int64_t next = 0; static_cast<std::int64_t>(ids.size()) < count;) {
      if (std::chrono::steady_clock::now() > deadline) break;
      while (next < count && sender_->send(entry(next))) ++next;
      sender_->flush(5ms);
      for (const std::int64_t id : sender_->delivered()) ids.push_back(id);
    }
    return ids;
  }
  static std::vector<std::int64_t> numbers(std::int64_t count) {
    std::vector<std::int64_t> made;
    for (std::int64_t i = 0; i < count; ++i) made.push_back(i);
    return made;
  }
  // Every message of entries [0, count) is in the topic, in order within its key but for repeats.
  void expect_in_order(const std::string& topic, std::int64_t count) {
    std::map<std::string, std::string> highest;
    std::set<std::string> seen;
    for (const auto& record : tests::read_topic(config_.kafka.brokers[0], topic, 0)) {
      EXPECT_EQ(record.partition, static_cast<std::int32_t>(partition_of(key_hash(record.key), kPartitions)));
      std::string& last = highest[record.key];
      const bool fresh = seen.insert(record.value).second;
      EXPECT_TRUE(!fresh || record.value > last) << record.value << " was overtaken by " << last;
      last = std::max(last, record.value);
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(2 * count));
  }

  std::mutex mutex_;
  std::vector<std::string> log_;  // under mutex_
  MockCluster cluster_;
  SenderConfig config_;
  std::unique_ptr<KafkaSender> sender_;
};

TEST_F(KafkaSenderTest, DeliversInOrder) {
  open();
  EXPECT_EQ(send(500), numbers(500));
  EXPECT_EQ(sender_->waiting(), 0U);
  EXPECT_EQ(sender_->figures().delivered, 2000U);
  EXPECT_EQ(sender_->figures().restarts, 0U);
  expect_in_order("lags", 500);
  expect_in_order("slas", 500);
  EXPECT_TRUE(log().empty());
}

TEST_F(KafkaSenderTest, AnEntryWithoutMessagesIsDelivered) {
  open();
  ASSERT_TRUE(sender_->send({.id = 7}));
  EXPECT_EQ(sender_->delivered(), std::vector<std::int64_t>{7});
}

TEST_F(KafkaSenderTest, RefusesWhatIsTooMuchAtOnce) {
  config_.max_entries = 3;
  open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sender_->send(entry(i)));
  EXPECT_FALSE(sender_->send(entry(3)));
  ASSERT_TRUE(sender_->flush(10s));
  EXPECT_EQ(sender_->delivered(), numbers(3));
  EXPECT_TRUE(sender_->send(entry(3)));
}

TEST_F(KafkaSenderTest, AnEntryOfAnySizeIsTakenWhenNothingWaits) {
  config_.max_bytes = 100;
  open();
  EXPECT_TRUE(sender_->send(entry(0)));
  EXPECT_FALSE(sender_->send(entry(1)));
  ASSERT_TRUE(sender_->flush(10s));
  EXPECT_EQ(sender_->delivered(), numbers(1));
  EXPECT_EQ(send(20), numbers(20));
}

TEST_F(KafkaSenderTest, PassingErrorsAreRetriedWithinTheClient) {
  std::vector<rd_kafka_resp_err_t> errors{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                          RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS};
  cluster_.fail_next(kProduce, errors);
  open();
  EXPECT_EQ(send(100), numbers(100));
  EXPECT_EQ(sender_->figures().failed, 0U);
  expect_in_order("lags", 100);
}

TEST_F(KafkaSenderTest, AMessageThatFailedHoldsBackWhatIsBehindIt) {
  std::vector<rd_kafka_resp_err_t> errors{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
  cluster_.fail_next(kProduce, errors);
  open();
  EXPECT_EQ(send(200), numbers(200));
  EXPECT_GE(sender_->figures().restarts, 1U);
  expect_in_order("lags", 200);
  expect_in_order("slas", 200);
  ASSERT_EQ(log().size(), 2U) << testing::PrintToString(log());
  EXPECT_THAT(log()[0], HasSubstr("no permission"));
  EXPECT_EQ(log()[1], "kafka: delivering results again");
}

TEST_F(KafkaSenderTest, AMissingIdentityIsAskedForAgain) {
  std::vector<rd_kafka_resp_err_t> errors{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED};
  cluster_.fail_next(kInitProducerId, errors);
  open();
  EXPECT_EQ(send(50), numbers(50));
  expect_in_order("slas", 50);
}

TEST_F(KafkaSenderTest, AMessageThatIsTooLargeIsGivenUpAndTheRestGoesOn) {
  open();
  OutboxEntry large = entry(0);
  large.messages[1].value.assign(11'000'000, 'x');
  ASSERT_TRUE(sender_->send(large));
  ASSERT_TRUE(sender_->send(entry(1)));
  ASSERT_TRUE(sender_->flush(10s));
  EXPECT_EQ(sender_->delivered(), numbers(2));
  EXPECT_EQ(sender_->figures().too_large, 1U);
  EXPECT_THAT(log(), Contains(HasSubstr("topic 'slas' does not take a message of 11000000 bytes")));
}

// The broker says it of a whole batch; the mock says it once, of whatever comes first.
TEST_F(KafkaSenderTest, ABatchThatIsTooLargeIsSentOneByOne) {
  std::vector<rd_kafka_resp_err_t> errors{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE};
  cluster_.fail_next(kProduce, errors);
  open();
  EXPECT_EQ(send(50), numbers(50));
  EXPECT_EQ(sender_->figures().too_large, 0U);
  expect_in_order("lags", 50);
  expect_in_order("slas", 50);
}

TEST_F(KafkaSenderTest, StraysGoToTheHomeThatTheirHeaderNames) {
  cluster_.create("events", kPartitions);
  open();
  OutboxEntry strays{.id = 1};
  for (int i = 0; i < 20; ++i) {
    strays.messages.push_back(stray_message({fmt::format("zone{}", i), "event", 1, 2}, "events"));
  }
  ASSERT_TRUE(sender_->send(strays));
  ASSERT_TRUE(sender_->flush(10s));
  const auto records = tests::read_topic(config_.kafka.brokers[0], "events", 20);
  ASSERT_EQ(records.size(), 20U);
  for (const auto& record : records) {
    EXPECT_EQ(record.partition, static_cast<std::int32_t>(partition_of(key_hash(record.key), 2)));
  }
}

// A topic that was made anew with fewer partitions must not hold everything up for ever.
TEST_F(KafkaSenderTest, AHomeThatDoesNotExistIsLeftToThePartitioner) {
  cluster_.create("events", kPartitions);
  open();
  std::string key;
  for (int i = 0; partition_of(key_hash(key), 100) < kPartitions; ++i) key = fmt::format("zone{}", i);
  ASSERT_TRUE(sender_->send({.id = 1, .messages = {stray_message({key, "event", 1, 100}, "events")}}));
  ASSERT_TRUE(sender_->flush(60s));
  EXPECT_EQ(tests::read_topic(config_.kafka.brokers[0], "events", 1).size(), 1U);
}

// The client knows the topic already, and refuses the message at once.
TEST_F(KafkaSenderTest, AHomeThatIsKnownNotToExistIsRefusedWithoutHarm) {
  cluster_.create("events", kPartitions);
  open();
  std::string key;
  for (int i = 0; partition_of(key_hash(key), 100) < kPartitions; ++i) key = fmt::format("zone{}", i);
  ASSERT_TRUE(sender_->send({.id = 1, .messages = {stray_message({key, "event", 1, 1}, "events")}}));
  ASSERT_TRUE(sender_->flush(10s));
  ASSERT_TRUE(sender_->send({.id = 2, .messages = {stray_message({key, "event", 1, 100}, "events")}}));
  ASSERT_TRUE(sender_->flush(60s));
  EXPECT_EQ(tests::read_topic(config_.kafka.brokers[0], "events", 2).size(), 2U);
}

TEST_F(KafkaSenderTest, NoBrokerIsOneLineAndNoHang) {
  config_.kafka.brokers = {"127.0.0.1:1"};
  open();
  ASSERT_TRUE(sender_->send(entry(0)));
  EXPECT_FALSE(sender_->flush(3s));
  EXPECT_EQ(sender_->waiting(), 4U);
  EXPECT_NE(sender_->problem(), "");
  ASSERT_EQ(log().size(), 1U) << testing::PrintToString(log());
  EXPECT_THAT(log()[0], HasSubstr("127.0.0.1:1"));
  const auto begin = std::chrono::steady_clock::now();
  sender_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST_F(KafkaSenderTest, WhatDeliveryRestsUponIsNotToBeSet) {
  config_.kafka.properties = {{"acks", "1"}};
  const auto opened = KafkaSender::open(config_, {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("'acks'"));
}

}  // namespace
}  // namespace zonelag::aggregator
