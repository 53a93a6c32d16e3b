// Time where the wall clock and waiting are truly meant: delays, events from the future, when to try again.
#pragma once

#include <chrono>

#include "decoder/time.h"

namespace zonelag::aggregator {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual decoder::Timestamp wall() const = 0;
  virtual SteadyTime steady() const = 0;
  virtual void wait(std::chrono::milliseconds time) const = 0;
};

// Any thread.
class SystemClock final : public Clock {
 public:
  decoder::Timestamp wall() const override;
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  void wait(std::chrono::milliseconds time) const override;
};

}  // namespace zonelag::aggregator
