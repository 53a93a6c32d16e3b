#include "reader.h"

#include <gtest/gtest.h>

#include <limits>

namespace zonelag::proto {
namespace {

using decoder::Duration;
using decoder::Timestamp;

// 64 bits of nanoseconds: 1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z.
constexpr std::int64_t kFirstSecond = -9223372037;
constexpr std::int32_t kFirstNanos = 145224192;
constexpr std::int64_t kLastSecond = 9223372036;
constexpr std::int32_t kLastNanos = 854775807;

template <class Message>
Message parts(std::int64_t seconds, std::int32_t nanos) {
  Message message;
  message.set_seconds(seconds);
  message.set_nanos(nanos);
  return message;
}

std::optional<Timestamp> time(std::int64_t seconds, std::int32_t nanos) {
  Reader reader;
  const Timestamp time = reader.time(parts<google::protobuf::Timestamp>(seconds, nanos), "t");
  return reader.error() ? std::nullopt : std::optional(time);
}

std::optional<Duration> duration(std::int64_t seconds, std::int32_t nanos) {
  Reader reader;
  const Duration duration = reader.duration(parts<google::protobuf::Duration>(seconds, nanos), "d");
  return reader.error() ? std::nullopt : std::optional(duration);
}

TEST(Reader, TimesOfAllSixtyFourBits) {
  EXPECT_EQ(time(0, 0), Timestamp{});
  EXPECT_EQ(time(-1, 999999999), Timestamp{Duration{-1}});
  EXPECT_EQ(time(-1, 0), Timestamp{std::chrono::seconds{-1}});
  EXPECT_EQ(time(kFirstSecond, kFirstNanos), Timestamp::min());
  EXPECT_EQ(time(kLastSecond, kLastNanos), Timestamp::max());
}

TEST(Reader, TimesBeyondSixtyFourBits) {
  EXPECT_EQ(time(kFirstSecond, kFirstNanos - 1), std::nullopt);
  EXPECT_EQ(time(kFirstSecond - 1, 999999999), std::nullopt);
  EXPECT_EQ(time(std::numeric_limits<std::int64_t>::min(), 0), std::nullopt);
  EXPECT_EQ(time(kLastSecond, kLastNanos + 1), std::nullopt);
  EXPECT_EQ(time(kLastSecond + 1, 0), std::nullopt);
  EXPECT_EQ(time(std::numeric_limits<std::int64_t>::max(), 0), std::nullopt);
}

TEST(Reader, NanosAreLessThanASecond) {
  EXPECT_TRUE(time(5, 999999999));
  EXPECT_FALSE(time(5, 1000000000));
  EXPECT_FALSE(time(5, std::numeric_limits<std::int32_t>::max()));
  EXPECT_FALSE(time(5, -1));
  EXPECT_FALSE(time(5, std::numeric_limits<std::int32_t>::min()));
}

TEST(Reader, DurationsAreNotNegative) {
  EXPECT_EQ(duration(0, 0), Duration{0});
  EXPECT_EQ(duration(1, 500000000), std::chrono::milliseconds{1500});
  EXPECT_EQ(duration(kLastSecond, kLastNanos), Duration::max());
  EXPECT_FALSE(duration(kLastSecond, kLastNanos + 1));
  EXPECT_FALSE(duration(0, -1));
  EXPECT_FALSE(duration(-1, 0));
  EXPECT_FALSE(duration(-1, 999999999));
}

TEST(Reader, KeepsTheFirstError) {
  Reader reader;
  EXPECT_EQ(reader.u8(255, "a"), 255);
  EXPECT_FALSE(reader.error());
  reader.u8(256, "b");
  reader.zone("", "c");
  EXPECT_EQ(reader.u16(1, "d"), 1);
  EXPECT_EQ(reader.error(), (CodecError{CodecFault::out_of_range, "b"}));
}

TEST(Reader, LongestAddress) {
  Reader reader;
  const std::string longest = "0000:0000:0000:0000:0000:ffff:192.168.100.200";
  ASSERT_EQ(longest.size(), 45U);
  EXPECT_EQ(reader.address(longest, "a").to_string(), "192.168.100.200");
  EXPECT_FALSE(reader.error());
}

}  // namespace
}  // namespace zonelag::proto
