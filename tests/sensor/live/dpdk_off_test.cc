#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sensor/live/dpdk_capture.h"

namespace zonelag::sensor {
namespace {

TEST(DpdkOff, SaysWhyItIsNotThere) {
  EXPECT_FALSE(has_dpdk());
  const SystemClock clock;
  const auto captures = open_dpdk({}, clock);
  ASSERT_FALSE(captures);
  EXPECT_THAT(captures.error(), testing::HasSubstr("-DZONELAG_DPDK=ON"));
}

}  // namespace
}  // namespace zonelag::sensor
