// How long fragments wait, and how many of them.
#include <gtest/gtest.h>

#include "fragments.h"

namespace zonelag::decoder {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FragmentLimits : public FragmentTest {};
INSTANTIATE_TEST_SUITE_P(BothFamilies, FragmentLimits, testing::Values(Family::v4, Family::v6),
                         [](const auto& family) { return family.param == Family::v4 ? "v4" : "v6"; });

TEST_P(FragmentLimits, WaitUntilTheTimeout) {
  for (const auto& [pause, whole] : {std::pair<Duration, bool>{seconds(30), true},
                                     {seconds(30) + Duration{1}, false},
                                     {seconds(3000), false},
                                     {-milliseconds(5), true},
                                     {-seconds(30), true},
                                     {-seconds(30) - Duration{1}, false}}) {
    Reassembler reassembler;
    reassembler.feed(piece(0, 96, true));
    reassembler.at += pause;
    EXPECT_EQ(reassembler.feed(piece(96, 104, false)).has_value(), whole) << pause.count();
    EXPECT_EQ(reassembler.counters().datagrams_expired, whole ? 0U : 1U) << pause.count();
  }
}

TEST_P(FragmentLimits, OfOthersExpireToo) {
  Reassembler reassembler;
  for (std::uint32_t id = 0; id < 10; ++id) {
    reassembler.at = seconds(id) - milliseconds(id % 3 * 1400);  // 0, -0.4, -0.8, 3, 2.6, 2.2, 6, ...
    reassembler.feed(piece(0, 96, true, id));
  }
  reassembler.at = seconds(32) + milliseconds(500);
  reassembler.feed(piece(0, 96, true, 99));
  EXPECT_EQ(reassembler.counters().datagrams_expired, 3U);
  // That of 2.2 waits behind that of 3, but is as dead.
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false, 5)));
  EXPECT_EQ(reassembler.counters().datagrams_expired, 4U);
  EXPECT_TRUE(reassembler.feed(piece(96, 104, false, 4)));
  reassembler.at = seconds(500);
  reassembler.feed(piece(0, 96, true, 100));
  EXPECT_EQ(reassembler.counters().datagrams_expired, 11U);
}

TEST_P(FragmentLimits, AreEvictedOldestFirst) {
  FrameLimits limits;
  limits.max_datagrams_in_reassembly = 3;
  Reassembler reassembler{limits};
  for (std::uint32_t id = 1; id <= 3; ++id) reassembler.feed(piece(0, 96, true, id));
  EXPECT_EQ(reassembler.counters().datagrams_evicted, 0U);
  reassembler.feed(piece(0, 96, true, 4));
  EXPECT_EQ(reassembler.counters().datagrams_evicted, 1U);
  for (std::uint32_t id = 2; id <= 4; ++id) EXPECT_TRUE(reassembler.feed(piece(96, 104, false, id))) << id;
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false, 1)));
}

TEST_P(FragmentLimits, AreEvictedByTheirBytes) {
  FrameLimits limits;
  limits.max_fragment_bytes = 2 * (96 + 24);
  Reassembler reassembler{limits};
  reassembler.feed(piece(0, 96, true, 1));
  reassembler.feed(piece(0, 96, true, 2));
  EXPECT_EQ(reassembler.counters().datagrams_evicted, 0U);
  reassembler.feed(piece(0, 8, true, 3));
  EXPECT_EQ(reassembler.counters().datagrams_evicted, 1U);
  EXPECT_TRUE(reassembler.feed(piece(96, 104, false, 2)));
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false, 1)));
  // One that is too much by itself goes by itself, and what is whole or dropped is not counted any more.
  limits.max_fragment_bytes = 96 + 23;
  Reassembler small{limits};
  for (int i = 0; i < 5; ++i) {
    small.feed(piece(0, 96, true));
    EXPECT_EQ(small.counters().datagrams_evicted, static_cast<std::uint64_t>(i + 1));
  }
}

TEST_P(FragmentLimits, LeaveNoBytesBehind) {
  FrameLimits limits;
  limits.max_fragment_bytes = 1000;
  Reassembler reassembler{limits};
  for (std::uint32_t id = 0; id < 200; ++id) {
    reassembler.feed(piece(0, 96, true, id));
    if (id % 2 == 0) {
      EXPECT_TRUE(reassembler.feed(piece(96, 104, false, id)));
    } else {
      reassembler.feed(piece(8, 96, true, id));  // overlaps
    }
  }
  EXPECT_EQ(reassembler.counters().datagrams_evicted, 0U);
}

TEST_P(FragmentLimits, AreBoundedInEachDatagram) {
  const Raw whole = udp(pattern(8 * 12 - 8));
  for (const std::size_t most : {11U, 10U}) {
    FrameLimits limits;
    limits.max_fragments_per_datagram = most;
    Reassembler reassembler{limits};
    bool complete = false;
    for (std::size_t i = 0; i < 12; ++i) {
      complete = reassembler.feed(fragment(GetParam(), whole, {i * 8, 8, i != 11})).has_value();
    }
    EXPECT_EQ(complete, most == 11);
    EXPECT_EQ(reassembler.counters().datagrams_evicted, most == 11 ? 0U : 1U);
  }
}

// Times at both ends of what 64 bits hold.
TEST_P(FragmentLimits, SurviveAnyTime) {
  Reassembler reassembler;
  const Duration base = seconds(1'000'000);
  for (const Duration time : {Duration::min(), Duration::max(), Duration{0}, Duration::min()}) {
    reassembler.at = time == Duration::min() ? Duration::min() + base - base
                                             : Duration{time.count() - (time > base ? base.count() : 0)};
    reassembler.feed(piece(0, 96, true));
  }
  EXPECT_EQ(reassembler.counters().fragments_kept, 4U);
  EXPECT_EQ(reassembler.counters().datagrams_expired, 3U);
}

}  // namespace
}  // namespace zonelag::decoder
