#include "card_drops.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace zonelag::sensor {
namespace {

class CardDropsTest : public testing::Test {
 protected:
  CardDropsTest() { std::filesystem::create_directories(root_ / "eth0/statistics"); }
  ~CardDropsTest() override { std::filesystem::remove_all(root_); }
  void tell(const char* file, const char* number) { std::ofstream(root_ / "eth0/statistics" / file) << number << "\n"; }

  const std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("zonelag-card-drops-" + std::to_string(::getpid()));
};

TEST_F(CardDropsTest, CountsFromItsStartOnAndBothFiles) {
  tell("rx_missed_errors", "100");
  tell("rx_fifo_errors", "18446744073709551615");
  CardDrops drops("eth0", root_);
  EXPECT_EQ(drops.count(), 0U);
  tell("rx_missed_errors", "107");
  EXPECT_EQ(drops.count(), 7U);
  EXPECT_EQ(drops.count(), 7U);
  tell("rx_fifo_errors", "3");  // the driver started again
  EXPECT_EQ(drops.count(), 10U);
}

TEST_F(CardDropsTest, WhatIsNoNumberChangesNothing) {
  tell("rx_missed_errors", "5");
  CardDrops drops("eth0", root_);
  tell("rx_missed_errors", "");
  EXPECT_EQ(drops.count(), 0U);
  tell("rx_missed_errors", "what");
  EXPECT_EQ(drops.count(), 0U);
  tell("rx_missed_errors", "6");
  EXPECT_EQ(drops.count(), 1U);
}

TEST(CardDrops, TheKernelsFilesAreThere) {
  EXPECT_TRUE(std::filesystem::exists("/sys/class/net/lo/statistics/rx_missed_errors"));
  EXPECT_TRUE(std::filesystem::exists("/sys/class/net/lo/statistics/rx_fifo_errors"));
}

TEST(CardDrops, NoSuchInterface) { EXPECT_EQ(CardDrops("any").count(), 0U); }

}  // namespace
}  // namespace zonelag::sensor
