#include "aggregator/time_text.h"

#include <gtest/gtest.h>

#include <utility>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using decoder::Duration;
using decoder::Timestamp;

// 1795176000 is what `date -u -d '2026-11-20 12:00:00' +%s` says.
constexpr Timestamp kNoon{1'795'176'000s};

TEST(Rfc3339, HasNineDecimalsAndZ) {
  EXPECT_EQ(rfc3339(kNoon), "2026-11-20T12:00:00.000000000Z");
  EXPECT_EQ(rfc3339(kNoon + 411ms), "2026-11-20T12:00:00.411000000Z");
  EXPECT_EQ(rfc3339(Timestamp{0ns}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(Timestamp{-1ns}), "1969-12-31T23:59:59.999999999Z");
}

TEST(Rfc3339, HoldsAtTheEndsOfTheType) {
  EXPECT_EQ(rfc3339(Timestamp::max()), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(rfc3339(Timestamp::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(DateAndClock, CutsToTheMillisecond) {
  EXPECT_EQ(date_and_clock(kNoon + 411'999'999ns), "2026-11-20 12:00:00.411");
}

TEST(DecimalSeconds, AreExactAndShort) {
  const std::pair<Duration, const char*> cases[] = {{0ns, "0"},
                                                    {1ns, "0.000000001"},
                                                    {-1ns, "-0.000000001"},
                                                    {2s, "2"},
                                                    {60s, "60"},
                                                    {2113ms, "2.113"},
                                                    {-500ms, "-0.5"},
                                                    {-1500ms, "-1.5"},
                                                    {900ms, "0.9"},
                                                    {100'000s, "100000"},
                                                    {1'000'000'001ns, "1.000000001"},
                                                    {Duration::max(), "9223372036.854775807"},
                                                    {Duration::min(), "-9223372036.854775808"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(decimal_seconds(duration), text);
}

TEST(HumanDuration, ChangesUnitWhereRoundingWouldReachIt) {
  const std::pair<Duration, const char*> cases[] = {{0ns, "0 ms"},
                                                    {5ns, "5 ns"},
                                                    {999ns, "999 ns"},
                                                    {1us, "1 µs"},
                                                    {999'499ns, "999 µs"},
                                                    {999'500ns, "1.0 ms"},
                                                    {4120us, "4.1 ms"},
                                                    {9'949'999ns, "9.9 ms"},
                                                    {9'950us, "10 ms"},
                                                    {412ms, "412 ms"},
                                                    {999'499us, "999 ms"},
                                                    {999'500us, "1.0 s"},
                                                    {1314ms, "1.3 s"},
                                                    {59'949ms, "59.9 s"},
                                                    {59'950ms, "1 m 00 s"},
                                                    {125s, "2 m 05 s"},
                                                    {3599'499ms, "59 m 59 s"},
                                                    {3599'500ms, "1 h 00 m"},
                                                    {65min, "1 h 05 m"},
                                                    {23h + 59min + 29s, "23 h 59 m"},
                                                    {23h + 59min + 30s, "1 d 00 h"},
                                                    {76h, "3 d 04 h"},
                                                    {-412ms, "-412 ms"},
                                                    {-125s, "-2 m 05 s"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(human_duration(duration), text) << duration.count();
  EXPECT_EQ(human_duration(Duration::min()), "-106752 d 00 h");  // 9223372036.9 s are 2562047.8 h
}

}  // namespace
}  // namespace zonelag::aggregator
