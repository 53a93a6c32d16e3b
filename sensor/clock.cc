#include "sensor/clock.h"

#include <sys/timex.h>

#include <chrono>

namespace zonelag::sensor {
namespace {

// What adjtimex returns (its "clock state").
decoder::ClockLeap leap_of(int status) {
  switch (status) {
    case TIME_INS: return decoder::ClockLeap::insertion_due;
    case TIME_DEL: return decoder::ClockLeap::deletion_due;
    case TIME_OOP: return decoder::ClockLeap::in_progress;
    case TIME_WAIT: return decoder::ClockLeap::over;
    default: return decoder::ClockLeap::none;
  }
}

}  // namespace

decoder::Timestamp SystemClock::now() const {
  return std::chrono::time_point_cast<decoder::Duration>(std::chrono::system_clock::now());
}

decoder::ClockState SystemClock::state() const {
  timex kernel{};
  const int status = adjtimex(&kernel);  // modes 0: reads only, needs no privilege
  if (status < 0) return {};
  const bool synchronised = status != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
  return {.sync = synchronised ? decoder::ClockSync::synchronised : decoder::ClockSync::unsynchronised,
          .max_error = std::chrono::microseconds(kernel.maxerror),
          .leap = leap_of(status)};
}

}  // namespace zonelag::sensor
