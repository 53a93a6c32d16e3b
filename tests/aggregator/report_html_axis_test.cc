#include "report_html_axis.h"

#include <gtest/gtest.h>

#include <vector>

namespace zonelag::aggregator::html {
namespace {

using namespace std::chrono_literals;

TimeAxis axis_of(std::vector<Duration> values, std::vector<Duration> extra = {}) {
  return {std::move(values), extra, 100, 500, 50};
}

TEST(TimeAxis, MapsFromTheBeginningToThePicturesEdge) {
  const TimeAxis axis = axis_of({1s, 2s, 3s});
  EXPECT_DOUBLE_EQ(axis.x(0s), 100);
  EXPECT_GT(axis.x(3s), 480);
  EXPECT_LT(axis.x(3s), 500);
  EXPECT_NEAR(axis.x(1500ms) - axis.x(0s), (axis.x(3s) - axis.x(0s)) / 2, 1e-6);
  EXPECT_FALSE(axis.has_gutter());
}

TEST(TimeAxis, EndsBelowOutliers) {
  const TimeAxis axis = axis_of({1s, 2s, 2s, 3s, 300s});
  EXPECT_TRUE(axis.has_gutter());
  EXPECT_TRUE(axis.is_beyond(300s));
  EXPECT_FALSE(axis.is_beyond(3s));
  EXPECT_DOUBLE_EQ(axis.right(), 450);
  EXPECT_GT(axis.x(3s), 430);
}

TEST(TimeAxis, AGapIsOneFromFourfoldOn) {
  EXPECT_FALSE(axis_of({1s, 1s, 1s, 3999ms}).has_gutter());
  EXPECT_TRUE(axis_of({1s, 1s, 1s, 4s}).has_gutter());
}

TEST(TimeAxis, MoreThanHalfStayOnTheScale) {
  EXPECT_FALSE(axis_of({1s, 1s, 100s, 100s}).has_gutter());
  EXPECT_FALSE(axis_of({1s, 100s}).has_gutter());
  EXPECT_TRUE(axis_of({1s, 1s, 100s}).has_gutter());
  EXPECT_TRUE(axis_of({1s, 1s, 1s, 100s, 100s}).has_gutter());
}

TEST(TimeAxis, OutliersOfOutliersAreLeftOutToo) {
  const TimeAxis axis = axis_of({1s, 1s, 1s, 1s, 2s, 50s, 90000s});
  EXPECT_TRUE(axis.is_beyond(50s));
  EXPECT_FALSE(axis.is_beyond(2s));
}

TEST(TimeAxis, AFewLaterMarksStretchIt) {
  EXPECT_FALSE(axis_of({1s, 2s}, {3s}).has_gutter());
  EXPECT_FALSE(axis_of({1s, 2s}, {3s}).is_beyond(3s));
  EXPECT_TRUE(axis_of({1s, 2s}, {3s + 100ms}).has_gutter());
}

TEST(TimeAxis, NothingOrOnlyTheBeginningHasAScaleToo) {
  EXPECT_DOUBLE_EQ(axis_of({}).x(0s), 100);
  EXPECT_FALSE(axis_of({0s, 0s}).ticks().empty());
  EXPECT_FALSE(axis_of({0s}, {5s}).is_beyond(5s));
  EXPECT_FALSE(axis_of({}, {5s, 7s}).is_beyond(7s));
}

TEST(TimeAxis, BeginsAtTheLeastNegative) {
  const TimeAxis axis = axis_of({-1s, 1s});
  EXPECT_DOUBLE_EQ(axis.x(-1s), 100);
  EXPECT_TRUE(axis.is_before(-2s));
  EXPECT_DOUBLE_EQ(axis.x(-2s), 100);
}

TEST(TimeAxis, TicksAreRoundAndFew) {
  for (const Duration end :
       {Duration(3us), Duration(70ms), Duration(999ms), Duration(1s), Duration(61s), Duration(119s), Duration(2min),
        Duration(59min), Duration(5h), Duration(47h), Duration(30 * 24h), Duration::max()}) {
    const auto ticks = axis_of({end}).ticks();
    EXPECT_GE(ticks.size(), 3U) << end.count();
    EXPECT_LE(ticks.size(), 8U) << end.count();
    for (const Tick& tick : ticks) {
      EXPECT_GE(tick.x, 100);
      EXPECT_LE(tick.x, 500);
      EXPECT_LE(tick.label.size(), 14U) << tick.label;
    }
  }
}

TEST(TimeAxis, TicksHaveOneUnit) {
  const auto labels = [](Duration end) {
    std::string text;
    for (const Tick& tick : axis_of({end}).ticks()) text += tick.label + ", ";
    return text;
  };
  EXPECT_EQ(labels(500ms), "0 ms, 100 ms, 200 ms, 300 ms, 400 ms, 500 ms, ");
  EXPECT_EQ(labels(2s), "0 s, 0.5 s, 1 s, 1.5 s, 2 s, ");
  EXPECT_EQ(labels(1h), "0 min, 15 min, 30 min, 45 min, 60 min, ");
  EXPECT_EQ(labels(10h), "0 h, 2 h, 4 h, 6 h, 8 h, 10 h, ");
}

}  // namespace
}  // namespace zonelag::aggregator::html
