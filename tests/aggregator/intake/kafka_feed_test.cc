// The feed against librdkafka's mock cluster; feed_real_test.py has what only a real one does.
#include "aggregator/intake/kafka_feed.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/partition.h"
#include "held_partitions.h"
#include "mock_cluster.h"
#include "proto/codec.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint32_t kPartitions = 4;
constexpr decoder::Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

decoder::Event notify(const std::string& zone, std::uint64_t sequence, decoder::Timestamp at = kNow) {
  decoder::Event event;
  event.sensor_id = "s1";
  event.sequence = sequence;
  event.captured_at = at;
  event.zone = *decoder::ZoneName::parse(zone);
  event.body = decoder::Notify{.serial = decoder::Serial(1)};
  return event;
}

std::int32_t home(const std::string& key) {
  return static_cast<std::int32_t>(partition_of(key_hash(key), kPartitions));
}

// A zone whose home is, or is not, that partition.
std::string zone_at(std::int32_t partition, bool is = true) {
  for (int i = 0;; ++i) {
    std::string zone = fmt::format("zone{}.example", i);
    if ((home(zone) == partition) == is) return zone;
  }
}

class KafkaFeedTest : public testing::Test, public FeedListener {
 protected:
  KafkaFeedTest() {
    cluster_.create("events", kPartitions);
    config_.kafka.brokers = {cluster_.broker()};
    config_.topic = "events";
    config_.group = "group";
  }
  std::vector<std::int64_t> assigned(std::span<const std::int32_t> partitions) override {
    std::vector<std::int64_t> offsets;
    for (const std::int32_t partition : partitions) {
      offsets.push_back(offsets_.contains(partition) ? offsets_[partition] : -1);
    }
    return offsets;
  }
  void revoked(std::span<const std::int32_t> /*partitions*/, bool /*lost*/) override { ++revocations_; }

  void open() {
    auto opened = KafkaFeed::open(config_, *this, [](service::LogLevel, const std::string&) {}, [] { return kNow; });
    ASSERT_TRUE(opened) << opened.error();
    feed_ = std::move(*opened);
  }
  void put(std::vector<OutgoingMessage> messages) {
    auto sender = KafkaSender::open({.kafka = config_.kafka}, [](service::LogLevel, const std::string&) {});
    ASSERT_TRUE(sender);
    ASSERT_TRUE((*sender)->send({.id = 1, .messages = std::move(messages)}));
    ASSERT_TRUE((*sender)->flush(20s));
  }
  static OutgoingMessage message(const decoder::Event& event) {
    return {.topic = "events", .key = event.zone.to_text(), .value = proto::encode(event)};
  }
  // Polls until so many records came, of whatever kind, and adds them up.
  EventBatch read(std::size_t records) {
    EventBatch all;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (all.events.size() + all.poison.size() + all.strays.size() < records &&
           std::chrono::steady_clock::now() < deadline) {
      auto batch = feed_->poll(1000, 50ms, 5ms);
      if (!batch) ADD_FAILURE() << batch.error();
      if (!batch) break;
      std::ranges::move(batch->events, std::back_inserter(all.events));
      std::ranges::move(batch->poison, std::back_inserter(all.poison));
      std::ranges::move(batch->strays, std::back_inserter(all.strays));
      std::ranges::move(batch->ranges, std::back_inserter(all.ranges));
      all.at_end = batch->at_end;
    }
    return all;
  }
  bool comes_to_its_end() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto batch = feed_->poll(1000, 50ms, 0ms);
      if (batch && batch->at_end) return true;
    }
    return false;
  }

  MockCluster cluster_;
  FeedConfig config_;
  std::map<std::int32_t, std::int64_t> offsets_;
  int revocations_ = 0;
  std::unique_ptr<KafkaFeed> feed_;
};

TEST_F(KafkaFeedTest, BeginsWhereTheListenerSays) {
  const std::string zone = zone_at(2);
  std::vector<OutgoingMessage> messages;
  for (std::uint64_t i = 0; i < 10; ++i) messages.push_back(message(notify(zone, i, kNow + std::chrono::seconds(i))));
  put(messages);
  offsets_[2] = 4;
  open();
  const EventBatch batch = read(6);
  ASSERT_EQ(batch.events.size(), 6U);
  EXPECT_EQ(batch.events.front(), notify(zone, 4, kNow + 4s));
  ASSERT_FALSE(batch.ranges.empty());
  EXPECT_EQ(batch.ranges.front().partition, 2);
  EXPECT_EQ(batch.ranges.front().from, 4);
  EXPECT_EQ(batch.ranges.back().next, 10);
  EXPECT_EQ(batch.ranges.back().latest, kNow + 9s);
  EXPECT_EQ(feed_->layout(), static_cast<std::int32_t>(kPartitions));
  EXPECT_TRUE(comes_to_its_end());
  EXPECT_EQ(feed_->backlog(), 0U);
  EXPECT_EQ(feed_->figures().held, kPartitions);
}

TEST_F(KafkaFeedTest, AtMostSoManyAtATimeAndRangesWithoutHoles) {
  std::vector<OutgoingMessage> messages;
  for (std::uint64_t i = 0; i < 200; ++i) messages.push_back(message(notify(fmt::format("zone{}.example", i % 20), i)));
  put(messages);
  open();
  std::map<std::int32_t, std::int64_t> next;
  std::size_t events = 0;
  for (const auto deadline = std::chrono::steady_clock::now() + 20s;
       events < 200 && std::chrono::steady_clock::now() < deadline;) {
    const auto batch = feed_->poll(7, 50ms, 5ms);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_LE(batch->events.size(), 7U);
    events += batch->events.size();
    for (const FetchedRange& range : batch->ranges) {
      EXPECT_EQ(range.from, next.contains(range.partition) ? next[range.partition] : -1);
      EXPECT_GT(range.next, range.from);
      next[range.partition] = range.next;
    }
  }
  EXPECT_EQ(events, 200U);
}

TEST_F(KafkaFeedTest, OneBatchOfAllKinds) {
  const std::string zone = zone_at(1);
  const std::string elsewhere = zone_at(1, false);
  OutgoingMessage stray = message(notify(elsewhere, 2));
  stray.key = zone;
  put({message(notify(zone, 1)),
       stray,
       {.topic = "events", .key = zone, .value = "\xff\xff"},
       message(notify(zone, 3, kNow + 1h)),
       message(notify(zone, 4, kNow + 1h + 1ns))});
  open();
  const EventBatch batch = read(5);
  ASSERT_EQ(batch.events.size(), 2U);
  EXPECT_EQ(batch.events[1].sequence, 3U);
  ASSERT_EQ(batch.poison.size(), 2U);
  EXPECT_EQ(batch.poison[0].reason, "event: not protobuf");
  EXPECT_EQ(batch.poison[0].value, "\xff\xff");
  EXPECT_EQ(batch.poison[0].key, zone);
  EXPECT_EQ(batch.poison[0].partition, 1);
  EXPECT_EQ(batch.poison[0].offset, 2);
  EXPECT_THAT(batch.poison[1].reason, HasSubstr("in the future"));
  ASSERT_EQ(batch.strays.size(), 1U);
  EXPECT_EQ(batch.strays[0].key, elsewhere);
  EXPECT_EQ(batch.strays[0].value, stray.value);
  EXPECT_EQ(batch.strays[0].hops, 1U);
  EXPECT_EQ(batch.strays[0].layout, static_cast<std::int32_t>(kPartitions));
  EXPECT_EQ(feed_->figures().records, 5U);
  EXPECT_EQ(feed_->figures().poison, 2U);
  EXPECT_EQ(feed_->figures().strays, 1U);
}

TEST_F(KafkaFeedTest, AStrayIsNotSentHomeForEver) {
  const std::string zone = zone_at(3, false);
  const std::string key = zone_at(3);  // what puts it on the wrong partition again and again
  std::vector<OutgoingMessage> messages;
  for (const std::uint32_t hops : {7U, 8U, 9U}) {
    messages.push_back(stray_message({key, proto::encode(notify(zone, hops)), hops, kPartitions}, "events"));
  }
  put(messages);
  open();
  const EventBatch batch = read(3);
  ASSERT_EQ(batch.strays.size(), 1U);
  EXPECT_EQ(batch.strays[0].hops, 8U);
  ASSERT_EQ(batch.poison.size(), 2U);
  EXPECT_EQ(batch.poison[0].reason, "event: zone: not at home here, and sent home 8 times already");
}

TEST_F(KafkaFeedTest, RewindReadsAgain) {
  const std::string zone = zone_at(0);
  std::vector<OutgoingMessage> messages;
  for (std::uint64_t i = 0; i < 50; ++i) messages.push_back(message(notify(zone, i)));
  put(messages);
  open();
  EXPECT_EQ(read(50).events.size(), 50U);
  feed_->rewind(std::array{FetchedRange{.partition = 0, .from = 20}});
  const EventBatch again = read(30);
  ASSERT_EQ(again.events.size(), 30U);
  EXPECT_EQ(again.events.front().sequence, 20U);
  EXPECT_EQ(again.ranges.front().from, 20);
  feed_->rewind(std::array{FetchedRange{.partition = 0, .from = -1}, FetchedRange{.partition = 99, .from = 3}});
  EXPECT_EQ(read(50).events.front().sequence, 0U);
  EXPECT_EQ(feed_->figures().rewinds, 2U);
}

// The mock tells an end after each record; a broker, where records keep coming, never.
TEST(HeldPartitions, AreReadToTheirEndsWithoutBeingTold) {
  HeldPartitions held;
  held.hold(0, 5);
  held.find(0)->position = 9;
  EXPECT_FALSE(held.all_read_to_their_ends());
  held.find(0)->goal = 10;
  EXPECT_FALSE(held.all_read_to_their_ends());
  held.find(0)->position = 12;
  EXPECT_TRUE(held.all_read_to_their_ends());
  held.fetch_again(0);
  EXPECT_TRUE(held.all_read_to_their_ends());
  held.hold(1, -1);
  EXPECT_FALSE(held.all_read_to_their_ends());
  held.find(1)->reached_end = true;
  EXPECT_TRUE(held.all_read_to_their_ends());
  held.move(0, 20);
  EXPECT_FALSE(held.all_read_to_their_ends());
}

// Where more and more comes, who waits for the end itself waits for ever.
TEST_F(KafkaFeedTest, TheEndIsWhereItWasThoughMoreComes) {
  const OutgoingMessage record = message(notify(zone_at(0), 0));
  put(std::vector(20, record));
  open();
  const auto writer = KafkaSender::open({.kafka = config_.kafka}, [](service::LogLevel, const std::string&) {});
  ASSERT_TRUE(writer);
  // At least one comes for each that is taken; how many were taken when the end was told.
  std::int64_t id = 0;
  const auto read_to_the_end = [&] {
    std::size_t taken = 0;
    for (bool at_end = false; !at_end && taken < 5000;) {
      EXPECT_TRUE((*writer)->send({.id = ++id, .messages = {record}}));
      (*writer)->delivered();
      const auto batch = feed_->poll(1, 20ms, 0ms);
      if (!batch) break;
      taken += batch->events.size();
      at_end = batch->at_end;
    }
    return taken;
  };
  const std::size_t taken = read_to_the_end();
  EXPECT_THAT(taken, testing::AllOf(testing::Ge(20U), testing::Lt(5000U)));
  EXPECT_TRUE(feed_->poll(1, 20ms, 0ms)->at_end) << "it stays so";
  feed_->rewind(std::array{FetchedRange{.partition = 0, .from = 0}});
  EXPECT_THAT(read_to_the_end(), testing::AllOf(testing::Gt(taken), testing::Lt(5000U)));
}

TEST_F(KafkaFeedTest, NothingComesWhilePausedAndAllAfterwards) {
  const std::string zone = zone_at(0);
  put({message(notify(zone, 0))});
  open();
  EXPECT_EQ(read(1).events.size(), 1U);
  feed_->pause();
  put({message(notify(zone, 1)), message(notify(zone, 2))});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(feed_->poll(100, 20ms, 0ms)->empty());
  feed_->resume();
  const EventBatch batch = read(2);
  ASSERT_EQ(batch.events.size(), 2U);
  EXPECT_EQ(batch.events[0].sequence, 1U);
  EXPECT_EQ(revocations_, 0);
}

TEST_F(KafkaFeedTest, LeavesInTime) {
  open();
  EXPECT_TRUE(comes_to_its_end());
  const auto begin = std::chrono::steady_clock::now();
  feed_->leave();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1000ms);
  EXPECT_FALSE(feed_->poll(1, 0ms, 0ms));
  EXPECT_EQ(revocations_, 0);  // the caller knows
}

TEST_F(KafkaFeedTest, LeavesWithRecordsOnTheirWay) {
  const std::string zone = zone_at(0);
  std::vector<OutgoingMessage> messages;
  for (std::uint64_t i = 0; i < 5000; ++i) messages.push_back(message(notify(zone, i)));
  put(messages);
  open();
  EXPECT_GE(read(1).events.size(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  feed_->leave();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1000ms);
}

TEST_F(KafkaFeedTest, LeavesInTimeWithoutBrokers) {
  open();
  EXPECT_TRUE(comes_to_its_end());
  cluster_.down();
  const auto begin = std::chrono::steady_clock::now();
  feed_->leave();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST_F(KafkaFeedTest, WhatItRestsUponIsNotToBeSet) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"enable.auto.commit", "true"},
                                                                      {"auto.offset.reset", "latest"},
                                                                      {"group.id", "another"},
                                                                      {"isolation.level", "read_uncommitted"}}) {
    config_.kafka.properties = {{name, value}};
    const auto opened = KafkaFeed::open(config_, *this, [](service::LogLevel, const std::string&) {});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error(), HasSubstr("'" + name + "'"));
  }
}

}  // namespace
}  // namespace zonelag::aggregator
