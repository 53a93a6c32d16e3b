// How nanoseconds become PostgreSQL's microseconds; wherever a time or lag of ours is compared with a row, by these
// rules.
#pragma once

#include <chrono>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

using Microseconds = std::chrono::microseconds;

// A point in time: down to the microsecond that it lies in.
constexpr std::chrono::sys_time<Microseconds> to_micros(Timestamp time) {
  return std::chrono::floor<Microseconds>(time);
}

// A lag: of the difference in nanoseconds, rounded half away from zero, so that a lag and its negative stay each
// other's.
constexpr Microseconds to_micros(Duration lag) {
  const auto ns = lag.count();
  const auto rest = ns % 1000;
  return Microseconds(ns / 1000 + (rest >= 500 ? 1 : 0) - (rest <= -500 ? 1 : 0));
}

}  // namespace zonelag::aggregator
