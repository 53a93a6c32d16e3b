#include "future.h"

#include <gtest/gtest.h>

#include "fake_topic.h"
#include "proto/codec.h"
#include "runner_scenario.h"

namespace zonelag::aggregator {
namespace {

EventBatch batch_of(std::initializer_list<decoder::Event> events, const FakeTopic& topic) {
  EventBatch batch;
  for (std::int32_t partition = 0; partition < topic.layout(); ++partition) {
    FetchedRange range{.partition = partition};
    for (const decoder::Event& event : events) {
      if (topic.home_of(event.zone) == partition) range.latest = std::max(range.latest, event.captured_at);
    }
    if (range.latest != decoder::Timestamp::min()) batch.ranges.push_back(range);
  }
  batch.events = events;
  return batch;
}

TEST(Future, TheLimitItselfIsNotTheFuture) {
  const FakeTopic topic(4);
  const decoder::Event last_good = announced("a.example", 1, "192.0.2.10", 10);
  EventBatch batch = batch_of({last_good}, topic);
  refuse_future(batch, last_good.captured_at, 4);
  EXPECT_EQ(batch.events.size(), 1);
  EXPECT_TRUE(batch.poison.empty());
  refuse_future(batch, last_good.captured_at - std::chrono::nanoseconds(1), 4);
  ASSERT_EQ(batch.poison.size(), 1);
  EXPECT_TRUE(batch.events.empty());
  EXPECT_EQ(proto::decode(batch.poison[0].value), last_good);
  EXPECT_EQ(batch.poison[0].key, "a.example");
  EXPECT_EQ(batch.poison[0].partition, topic.home_of(last_good.zone));
  EXPECT_EQ(batch.ranges.front().latest, decoder::Timestamp::min());
}

TEST(Future, LeavesTheOthersInTheirOrderAndTheirTimes) {
  const FakeTopic topic(1);
  const decoder::Event first = announced("a.example", 1, "192.0.2.10", 5);
  const decoder::Event second = announced("b.example", 1, "192.0.2.10", 3);
  EventBatch batch = batch_of({first, announced("a.example", 2, "192.0.2.10", 99), second}, topic);
  refuse_future(batch, first.captured_at, 1);
  EXPECT_EQ(batch.events, (std::vector{first, second}));
  EXPECT_EQ(batch.ranges.front().latest, first.captured_at);
}

}  // namespace
}  // namespace zonelag::aggregator
