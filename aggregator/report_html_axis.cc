#include "report_html_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace zonelag::aggregator::html {
namespace {

using namespace std::chrono_literals;

double number(Duration value) { return static_cast<double>(value.count()); }

// Index of the last value (ascending) that stays on the scale.
std::size_t last_on_scale(const std::vector<Duration>& values, double gap) {
  std::size_t last = values.size() - 1;
  const std::size_t least = values.size() / 2;  // more than half stay
  for (bool again = true; again;) {
    again = false;
    double widest = gap;
    const std::size_t end = last;
    for (std::size_t i = least; i < end; ++i) {
      if (values[i] <= Duration::zero()) continue;
      const double ratio = number(values[i + 1]) / number(values[i]);
      if (ratio < widest) continue;
      widest = ratio;
      last = i;
      again = true;
    }
  }
  return last;
}

struct Unit {
  Duration upto;  // scales shorter than this
  Duration unit;
  const char* name;
  std::array<double, 6> steps;  // of a decade; 0: decimal steps instead
};

const Unit& unit_of(Duration span) {
  static constexpr std::array<double, 6> kDecimal{};
  static constexpr std::array kUnits{
      Unit{1ms, 1us, "µs", kDecimal},
      Unit{1s, 1ms, "ms", kDecimal},
      Unit{2min, 1s, "s", {}},
      Unit{2h, 1min, "min", {1, 2, 5, 10, 15, 30}},
      Unit{48h, 1h, "h", {1, 2, 3, 6, 12, 12}},
      Unit{Duration::max(), 24h, "d", kDecimal},
  };
  for (const Unit& unit : kUnits) {
    if (span < unit.upto) return unit;
  }
  return kUnits.back();
}

// About six ticks.
double step_of(double span, const Unit& unit) {
  constexpr double kTicks = 6;
  for (const double step : unit.steps) {
    if (step > 0 && span / step <= kTicks) return step;
  }
  const double decade = std::pow(10, std::floor(std::log10(span / kTicks)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * decade) <= kTicks) return factor * decade;
  }
  return 10 * decade;
}

}  // namespace

TimeAxis::TimeAxis(std::vector<Duration> deciding, const std::vector<Duration>& extra, double left, double right,
                   double gutter)
    : left_(left), right_(right) {
  // Nothing but the beginning decides nothing.
  if (std::ranges::all_of(deciding, [](Duration value) { return value <= Duration::zero(); })) {
    deciding.insert(deciding.end(), extra.begin(), extra.end());
  }
  std::ranges::sort(deciding);
  if (!deciding.empty()) {
    start_ = std::min(Duration::zero(), deciding.front());
    end_ = std::max(Duration::zero(), deciding[last_on_scale(deciding, kGap)]);
  }
  const Duration decided = end_;
  for (const Duration value : extra) {
    if (number(value) <= kStretch * number(decided)) end_ = std::max(end_, value);
  }
  // Room to the right of the last mark; a scale of no length has none to divide.
  if (end_ == Duration::zero()) end_ = 1ms;
  const double room = 1.03 * number(end_);
  end_ = room < number(Duration::max()) ? Duration(static_cast<std::int64_t>(room) + 1) : Duration::max();
  const auto beyond = [this](Duration value) { return is_beyond(value); };
  has_gutter_ = std::ranges::any_of(deciding, beyond) || std::ranges::any_of(extra, beyond);
  if (has_gutter_) right_ -= gutter;
}

double TimeAxis::x(Duration value) const {
  const double share = (number(value) - number(start_)) / (number(end_) - number(start_));
  return left_ + std::clamp(share, 0.0, 1.0) * (right_ - left_);
}

std::vector<Tick> TimeAxis::ticks() const {
  const Unit& unit = unit_of(end_);
  const double scale = number(unit.unit);
  const double step = step_of((number(end_) - number(start_)) / scale, unit);
  std::vector<Tick> ticks;
  for (double at = std::ceil(number(start_) / scale / step); at * step * scale <= number(end_); ++at) {
    const double value = at * step;
    const double share = (value * scale - number(start_)) / (number(end_) - number(start_));
    ticks.push_back({left_ + share * (right_ - left_), fmt::format("{:.6g} {}", value == 0 ? 0 : value, unit.name)});
  }
  return ticks;
}

}  // namespace zonelag::aggregator::html
