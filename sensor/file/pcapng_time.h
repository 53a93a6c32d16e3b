// An interface's unit of time (draft-ietf-opsawg-pcapng section 4.2, if_tsresol and if_tsoffset).
#pragma once

#include <cstdint>

#include "decoder/time.h"

namespace zonelag::sensor {

class TimeUnit {
 public:
  TimeUnit() : TimeUnit(6, 0) {}  // microseconds, where no option says otherwise
  // `resolution`: negative power of 10, or, with the top bit set, of 2. `offset_seconds` is added.
  TimeUnit(std::uint8_t resolution, std::int64_t offset_seconds);

  // What lies outside the years 1677 to 2262 is held at their ends.
  decoder::Timestamp to_time(std::uint64_t ticks) const {
    if (ticks - 1 < largest_simple_) {  // 0 wraps, and is computed the long way
      return decoder::Timestamp(decoder::Duration(static_cast<std::int64_t>(ticks * multiplier_) + offset_));
    }
    return exact_time(ticks);
  }

 private:
  decoder::Timestamp exact_time(std::uint64_t ticks) const;

  std::uint8_t resolution_;
  std::int64_t offset_seconds_;
  // For resolutions of whole nanoseconds, up to the largest count whose product and sum cannot overflow.
  std::uint64_t multiplier_ = 0;
  std::uint64_t largest_simple_ = 0;
  std::int64_t offset_ = 0;  // nanoseconds
};

}  // namespace zonelag::sensor
