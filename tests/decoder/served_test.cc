#include "served.h"

#include <gtest/gtest.h>

#include "dns_messages.h"

namespace zonelag::decoder::test {
namespace {

using std::chrono::seconds;

class ServedTest : public testing::Test {
 protected:
  std::optional<Served> see(std::uint32_t serial, int second, const char* server = "192.0.2.53",
                            const char* zone = "example.test", ServedVia via = ServedVia::soa_answer) {
    const std::string wire = wire_name(zone);
    return tracker_.see(*IpAddress::parse(server), at(second), {.zone = wire, .serial = Serial{serial}, .via = via});
  }
  static Timestamp at(int second) { return Timestamp(seconds(second)); }

  DnsCounters counters_;
  ServedTracker tracker_{{.max_served = 3}, counters_};
};

TEST_F(ServedTest, FirstSightingHasNothingBefore) {
  EXPECT_EQ(see(5, 10, "192.0.2.53", "a.test", ServedVia::zone_version),
            (Served{.serial = Serial{5}, .via = ServedVia::zone_version}));
  EXPECT_EQ(counters_.served_changed, 1U);
}

TEST_F(ServedTest, SameSerialAgainIsNoEvent) {
  EXPECT_TRUE(see(5, 10));
  EXPECT_FALSE(see(5, 11));
  EXPECT_EQ(counters_.served_seen, 2U);
  EXPECT_EQ(counters_.served_changed, 1U);
}

TEST_F(ServedTest, ChangeTellsTheLastAnswerWithTheOldSerial) {
  see(5, 10);
  see(5, 12);
  see(5, 11);  // a mirror port's order
  const auto change = see(6, 20);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->serial, Serial{6});
  EXPECT_EQ(change->previous, Serial{5});
  EXPECT_EQ(change->previous_last_seen, at(12));
}

TEST_F(ServedTest, OldAnswersForAMomentAreNoChange) {
  see(5, 10);
  EXPECT_TRUE(see(6, 20));
  EXPECT_FALSE(see(5, 21));
  EXPECT_FALSE(see(6, 22));
  EXPECT_FALSE(see(5, 23));
  EXPECT_EQ(counters_.served_flapped, 3U);
  EXPECT_EQ(counters_.served_changed, 2U);
  EXPECT_TRUE(see(7, 30));
  for (const std::uint32_t known : {5U, 6U, 7U}) EXPECT_FALSE(see(known, 31)) << known;
}

TEST_F(ServedTest, ThreeFormerSerialsAreRemembered) {
  for (const std::uint32_t serial : {1U, 2U, 3U, 4U}) EXPECT_TRUE(see(serial, 10));
  EXPECT_FALSE(see(1, 11));  // 2, 3 and 4 are remembered now
  EXPECT_FALSE(see(4, 11));
  EXPECT_TRUE(see(5, 12));
  EXPECT_TRUE(see(6, 12));
  EXPECT_TRUE(see(1, 13)) << "1 is forgotten: the fourth former";
}

TEST_F(ServedTest, LowerSerialIsAChange) {  // the zone was reset
  see(100, 10);
  const auto change = see(1, 20);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->previous, Serial{100});
}

TEST_F(ServedTest, ServersAndZonesAreApart) {
  EXPECT_TRUE(see(5, 10, "192.0.2.53", "a.test"));
  EXPECT_TRUE(see(5, 10, "192.0.2.54", "a.test"));
  EXPECT_TRUE(see(5, 10, "192.0.2.53", "b.test"));
  EXPECT_EQ(counters_.served_evicted, 0U);
}

TEST_F(ServedTest, TheLeastRecentlySeenMakesRoom) {
  see(5, 10, "192.0.2.53", "a.test");
  see(5, 11, "192.0.2.53", "b.test");
  see(5, 12, "192.0.2.53", "c.test");
  EXPECT_FALSE(see(5, 13, "192.0.2.53", "a.test"));
  EXPECT_TRUE(see(5, 14, "192.0.2.53", "d.test"));
  EXPECT_EQ(counters_.served_evicted, 1U);
  EXPECT_FALSE(see(5, 15, "192.0.2.53", "a.test"));
  const auto again = see(6, 16, "192.0.2.53", "b.test");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->previous) << "nothing is known of what was evicted";
  EXPECT_EQ(counters_.served_evicted, 2U);
}

}  // namespace
}  // namespace zonelag::decoder::test
