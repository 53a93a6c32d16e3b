#include "sequences.h"

#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

decoder::Event numbered(std::uint64_t sequence, std::uint64_t boot = 1, const char* sensor = "a") {
  decoder::Event event;
  event.sensor_id = sensor;
  event.boot_id = boot;
  event.sequence = sequence;
  return event;
}

TEST(Sequences, ARepeatIsTheSameNumberOfTheSameRun) {
  Sequences sequences;
  EXPECT_FALSE(sequences.is_repeat(numbered(5)));
  EXPECT_TRUE(sequences.is_repeat(numbered(5)));
  EXPECT_FALSE(sequences.is_repeat(numbered(5, 2)));
  EXPECT_FALSE(sequences.is_repeat(numbered(5, 1, "b")));
  EXPECT_FALSE(sequences.is_repeat(numbered(3)));  // late, not again
  EXPECT_TRUE(sequences.is_repeat(numbered(3)));
}

TEST(Sequences, BeyondTheWindowNothingIsTold) {
  Sequences sequences;
  EXPECT_FALSE(sequences.is_repeat(numbered(1)));
  EXPECT_FALSE(sequences.is_repeat(numbered(Sequences::kWindow)));
  EXPECT_TRUE(sequences.is_repeat(numbered(1)));
  EXPECT_FALSE(sequences.is_repeat(numbered(Sequences::kWindow + 1)));
  EXPECT_FALSE(sequences.is_repeat(numbered(1)));
  EXPECT_FALSE(sequences.is_repeat(numbered(10 * Sequences::kWindow + 1)));
  EXPECT_FALSE(sequences.is_repeat(numbered(9 * Sequences::kWindow + 2)));
}

TEST(Sequences, EventsWithoutNumberAreNone) {
  Sequences sequences;
  EXPECT_FALSE(sequences.is_repeat(numbered(0)));
  EXPECT_FALSE(sequences.is_repeat(numbered(0)));
}

}  // namespace
}  // namespace zonelag::aggregator
