#include "decoder/serial.h"

#include <gtest/gtest.h>

namespace zonelag::decoder {
namespace {

TEST(Serial, ComparesByRfc1982) {
  EXPECT_EQ(compare(Serial{1}, Serial{2}), SerialOrder::less);
  EXPECT_EQ(compare(Serial{2}, Serial{1}), SerialOrder::greater);
  EXPECT_EQ(compare(Serial{7}, Serial{7}), SerialOrder::equal);
  EXPECT_EQ(compare(Serial{0xffffffff}, Serial{0}), SerialOrder::less);
  EXPECT_EQ(compare(Serial{0}, Serial{0xffffffff}), SerialOrder::greater);
}

TEST(Serial, HalfTheCircleAwayIsIncomparable) {
  EXPECT_EQ(compare(Serial{0}, Serial{0x7fffffff}), SerialOrder::less);
  EXPECT_EQ(compare(Serial{0}, Serial{0x80000000}), SerialOrder::incomparable);
  EXPECT_EQ(compare(Serial{0x80000000}, Serial{0}), SerialOrder::incomparable);
  EXPECT_EQ(compare(Serial{0}, Serial{0x80000001}), SerialOrder::greater);
  EXPECT_FALSE(is_newer(Serial{0x80000000}, Serial{0}));
}

}  // namespace
}  // namespace zonelag::decoder
