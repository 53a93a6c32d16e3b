#include "pcapng_time.h"

#include <algorithm>
#include <limits>

namespace zonelag::sensor {
namespace {

using Wide = __int128;

constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::uint8_t kBinary = 0x80;
constexpr std::int64_t kHalfRange = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::int64_t kLargestSimpleOffset = kHalfRange / kBillion;

Wide power_of_ten(unsigned exponent) {
  Wide power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

Wide nanoseconds(std::uint64_t ticks, std::uint8_t resolution) {
  const unsigned exponent = resolution & 0x7fU;
  if ((resolution & kBinary) != 0) return (static_cast<Wide>(ticks) * kBillion) >> exponent;
  if (exponent <= 9) return static_cast<Wide>(ticks) * power_of_ten(9 - exponent);
  if (exponent - 9 > 20) return 0;  // 64 bits hold less than 10^20
  return static_cast<Wide>(ticks) / power_of_ten(exponent - 9);
}

}  // namespace

TimeUnit::TimeUnit(std::uint8_t resolution, std::int64_t offset_seconds)
    : resolution_(resolution), offset_seconds_(offset_seconds) {
  if ((resolution & kBinary) != 0 || resolution > 9) return;
  if (offset_seconds > kLargestSimpleOffset || offset_seconds < -kLargestSimpleOffset) return;
  multiplier_ = static_cast<std::uint64_t>(power_of_ten(9U - resolution));
  largest_simple_ = static_cast<std::uint64_t>(kHalfRange) / multiplier_;
  offset_ = offset_seconds * kBillion;
}

decoder::Timestamp TimeUnit::exact_time(std::uint64_t ticks) const {
  using Limits = std::numeric_limits<std::int64_t>;
  const Wide exact = nanoseconds(ticks, resolution_) + static_cast<Wide>(offset_seconds_) * kBillion;
  const Wide held = std::clamp<Wide>(exact, Limits::min(), Limits::max());
  return decoder::Timestamp(decoder::Duration(static_cast<std::int64_t>(held)));
}

}  // namespace zonelag::sensor
