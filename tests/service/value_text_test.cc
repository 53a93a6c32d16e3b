#include "service/value_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace zonelag::service {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Range<std::uint64_t> kAll{0, std::numeric_limits<std::uint64_t>::max()};
constexpr Range<decoder::Duration> kAnyTime{decoder::Duration::zero(), decoder::Duration::max()};

TEST(ValueText, Number) {
  EXPECT_EQ(parse_number("1", {1, 64}), 1U);
  EXPECT_EQ(parse_number("64", {1, 64}), 64U);
  EXPECT_EQ(parse_number("18446744073709551615", kAll), std::numeric_limits<std::uint64_t>::max());
  for (const char* wrong : {"", "0", "65", "-1", "+1", " 1", "1 ", "1.0", "1e1", "0x1", "18446744073709551617"})
    EXPECT_EQ(parse_number(wrong, {1, 64}).error(), std::string("'") + wrong + "' is no number from 1 to 64");
}

TEST(ValueText, Boolean) {
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("false"), false);
  for (const char* wrong : {"", "True", "yes", "1", "true "})
    EXPECT_EQ(parse_boolean(wrong).error(), std::string("'") + wrong + "' is neither true nor false");
}

TEST(ValueText, Size) {
  EXPECT_EQ(parse_size("4096", kAll), 4096U);
  EXPECT_EQ(parse_size("4KiB", kAll), 4096U);
  EXPECT_EQ(parse_size("64MiB", kAll), 67'108'864U);
  EXPECT_EQ(parse_size("1GiB", kAll), 1'073'741'824U);
  EXPECT_EQ(parse_size("16777215TiB", kAll), 18'446'742'974'197'923'840U);
  for (const char* wrong : {"", "MiB", "1.5GiB", "1 GiB", "1mib", "1MB", "1K", "-1", "1023", "2097153", "16777216TiB"})
    EXPECT_EQ(parse_size(wrong, {1024, 2'097'152}).error(),
              std::string("'") + wrong + "' is no size from 1KiB to 2MiB, in bytes, KiB, MiB, GiB or TiB");
}

TEST(ValueText, SizeIsShownExactly) {
  EXPECT_EQ(show_size(0), "0");
  EXPECT_EQ(show_size(1023), "1023");
  EXPECT_EQ(show_size(1024), "1KiB");
  EXPECT_EQ(show_size(1025), "1025");
  EXPECT_EQ(show_size(1536), "1536");
  EXPECT_EQ(show_size(1ULL << 30), "1GiB");
  EXPECT_EQ(show_size((1ULL << 30) + 1024), "1048577KiB");
}

TEST(ValueText, Duration) {
  EXPECT_EQ(parse_duration("500ms", kAnyTime, milliseconds(1)), milliseconds(500));
  EXPECT_EQ(parse_duration("10s", kAnyTime, milliseconds(1)), seconds(10));
  EXPECT_EQ(parse_duration("1h", kAnyTime, milliseconds(1)), hours(1));
  EXPECT_EQ(parse_duration("7d", kAnyTime, milliseconds(1)), hours(168));
  EXPECT_EQ(parse_duration("0s", kAnyTime, milliseconds(1)), seconds(0));
  EXPECT_EQ(parse_duration("3000us", kAnyTime, milliseconds(1)), milliseconds(3));
  EXPECT_EQ(parse_duration("9223372036854775807ns", kAnyTime, nanoseconds(1)), decoder::Duration::max());
  // The last ones: finer than the unit; beyond 64 bits of nanoseconds, signed and unsigned.
  for (const char* wrong : {"", "10", "s", "-1s", "1.5s", "1 s", "1S", "1min", "1ms", "1001ms", "1500us", "106752d",
                            "9223372036854775808ns", "18446744073709551616ns", "307445734562d"})
    EXPECT_EQ(parse_duration(wrong, {milliseconds(2), seconds(1)}, milliseconds(1)).error(),
              std::string("'") + wrong + "' is no duration from 2ms to 1s, as in 500ms, 10s, 5m, 1h, 7d");
}

TEST(ValueText, DurationIsShownExactly) {
  EXPECT_EQ(show_duration(seconds(0)), "0s");
  EXPECT_EQ(show_duration(milliseconds(20)), "20ms");
  EXPECT_EQ(show_duration(seconds(90)), "90s");
  EXPECT_EQ(show_duration(seconds(60)), "1m");
  EXPECT_EQ(show_duration(hours(168)), "7d");
  EXPECT_EQ(show_duration(nanoseconds(1'000'001)), "1000001ns");
}

TEST(ValueText, Listen) {
  for (const char* good : {"127.0.0.1:9153", "127.0.0.1:0", "[::1]:65535", "localhost:1", "0.0.0.0:9153"})
    EXPECT_EQ(parse_listen(good), good);
  EXPECT_EQ(parse_listen("off"), "");
  EXPECT_EQ(parse_listen(""), "");
  for (const char* wrong : {"9153", ":9153", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9153", "[::1]", "[x]:1",
                            "[::1:1", "[::1]9153", "host.example:9153", "none", "127.0.0.1:9153 "})
    EXPECT_EQ(parse_listen(wrong).error(),
              std::string("'") + wrong + "' is neither ADDRESS:PORT, as in 127.0.0.1:9153 or [::1]:9153, nor off");
}

TEST(ValueText, Broker) {
  for (const char* good : {"kafka1", "kafka1.example:9092", "192.0.2.1:1", "[2001:db8::1]:65535", "[2001:db8::1]"})
    EXPECT_EQ(parse_broker(good), good);
  for (const char* wrong : {"", ":9092", "kafka1:", "kafka1:0", "kafka1:65536", "kafka1:x", "a b:1", "kafka://a:1",
                            "[x]:1", "2001:db8::1", "a,b"})
    EXPECT_EQ(parse_broker(wrong).error(), std::string("'") + wrong +
                                               "' is no broker: HOST:PORT, as in kafka1.example:9092 or "
                                               "[2001:db8::1]:9092");
}

}  // namespace
}  // namespace zonelag::service
