#include "holdings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

TEST(Holdings, MovesOnlyWhatIsHeld) {
  Holdings holdings;
  holdings.add(std::vector{1, 2});
  holdings.set({.partition = 1, .next_offset = 10});
  holdings.set({.partition = 3, .next_offset = 7});  // not ours
  EXPECT_FALSE(holdings.moved(std::vector<FetchedRange>{{.partition = 3, .from = 7, .next = 8}}));
  const Timestamp time(std::chrono::seconds(5));
  const auto moved =
      holdings.moved(std::vector<FetchedRange>{{.partition = 1, .from = 10, .next = 12, .latest = time}});
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->front().expected_offset, 10);
  EXPECT_EQ(moved->front().next_offset, 12);
  EXPECT_EQ(holdings.next_offset(1), 10) << "not before it is committed";
  holdings.advance(*moved);
  EXPECT_EQ(holdings.next_offset(1), 12);
  EXPECT_EQ(holdings.next_offset(2), -1);
  EXPECT_EQ(holdings.latest(), time);
  holdings.remove(std::vector{1});
  EXPECT_THAT(holdings.partitions(), testing::ElementsAre(2));
}

TEST(Holdings, AnOlderTimeDoesNotTakeALaterOneBack) {
  Holdings holdings;
  holdings.add(std::vector{1});
  const Timestamp later(std::chrono::seconds(5));
  holdings.advance(*holdings.moved(std::vector<FetchedRange>{{.partition = 1, .next = 1, .latest = later}}));
  holdings.advance(*holdings.moved(std::vector<FetchedRange>{{.partition = 1, .from = 1, .next = 2}}));
  EXPECT_EQ(holdings.latest(), later);
}

TEST(Holdings, FindsRangesThatDoNotGoOn) {
  Holdings holdings;
  holdings.add(std::vector{1, 2, 3});
  holdings.set({.partition = 1, .next_offset = 10});
  holdings.set({.partition = 2, .next_offset = 20});
  const std::vector<FetchedRange> ranges{
      {.partition = 1, .from = 10, .next = 11}, {.partition = 2, .from = 21, .next = 22}, {.partition = 3, .from = 4}};
  EXPECT_THAT(jumps(holdings, ranges), testing::ElementsAre(Jump{.partition = 2, .expected = 20, .from = 21}));
}

TEST(Holdings, WhereKafkaBeganIsWhereItGoesOnUntilSomethingWasConsumed) {
  Holdings holdings;
  holdings.add(std::vector{1});
  const std::vector<FetchedRange> first{{.partition = 1, .from = 40, .next = 45}};
  EXPECT_TRUE(jumps(holdings, first).empty());
  EXPECT_EQ(holdings.positions().front().from, -1);
  holdings.begun(first);
  const std::vector<FetchedRange> ahead{{.partition = 1, .from = 45, .next = 47}};
  EXPECT_THAT(jumps(holdings, ahead), testing::ElementsAre(Jump{.partition = 1, .expected = 40, .from = 45}));
  EXPECT_EQ(holdings.positions().front().from, 40);
  EXPECT_EQ(holdings.moved(first)->front().expected_offset, -1) << "as the store has it";
  holdings.advance(*holdings.moved(first));
  EXPECT_TRUE(jumps(holdings, ahead).empty());
}

}  // namespace
}  // namespace zonelag::aggregator
