// A linear time axis that a few outliers cannot squeeze. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

struct Tick {
  double x = 0;
  std::string label;
};

// Maps durations to x. Where a few values are far above all others, the scale ends below them and they lie "beyond":
// the picture shows them in a gutter to the right, with their figures.
class TimeAxis {
 public:
  // `deciding` values make the scale: it ends at the last one, or before the widest gap in their upper half if that
  // is at least kGap wide in proportion. `extra` values that would lengthen it a little are taken in.
  // `left` to `right`: the width without outliers; `gutter` of it is given up if there are any.
  TimeAxis(std::vector<Duration> deciding, const std::vector<Duration>& extra, double left, double right,
           double gutter);

  bool is_beyond(Duration value) const { return value > end_; }
  bool is_before(Duration value) const { return value < start_; }
  double x(Duration value) const;  // held within the scale
  double left() const { return left_; }
  double right() const { return right_; }  // of the scale
  bool has_gutter() const { return has_gutter_; }
  Duration end() const { return end_; }
  std::vector<Tick> ticks() const;

 private:
  static constexpr double kGap = 4;
  static constexpr double kStretch = 1.5;

  Duration start_{0};  // 0, or the least value if that is negative
  Duration end_{0};
  double left_;
  double right_;
  bool has_gutter_ = false;
};

}  // namespace zonelag::aggregator::html
