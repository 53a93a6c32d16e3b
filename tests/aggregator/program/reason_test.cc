#include "reason.h"

#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

TEST(Reason, KeepsWhatIsTheSameForAll) {
  EXPECT_EQ(kind_of_reason("event: not protobuf"), "event: not protobuf");
  EXPECT_EQ(kind_of_reason("event: transfer.asked: unknown value"), "event: transfer.asked: unknown value");
  EXPECT_EQ(kind_of_reason("event: captured_at: 2031-01-01T00:00:00Z is in the future"), "event: captured_at");
  EXPECT_EQ(kind_of_reason("event: zone: not at home here, and sent home 5 times already"), "event: zone");
  EXPECT_EQ(kind_of_reason("42"), "other");
  EXPECT_EQ(kind_of_reason(""), "other");
}

TEST(Reason, NumbersDoNotMakeAnother) {
  EXPECT_EQ(without_numbers("lock of tuple (0,16) of 5"), "lock of tuple (#,#) of #");
  EXPECT_EQ(without_numbers("lock of tuple (0,8) of 12"), without_numbers("lock of tuple (0,16) of 5"));
  EXPECT_EQ(without_numbers("none"), "none");
}

}  // namespace
}  // namespace zonelag::aggregator
