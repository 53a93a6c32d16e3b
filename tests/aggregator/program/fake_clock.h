// A clock that goes when somebody waits.
#pragma once

#include "clock.h"

namespace zonelag::aggregator {

class FakeClock final : public Clock {
 public:
  decoder::Timestamp wall() const override { return decoder::Timestamp(std::chrono::seconds(1'800'000'000)) + passed_; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + passed_; }
  void wait(std::chrono::milliseconds time) const override { passed_ += time; }

 private:
  mutable std::chrono::milliseconds passed_{0};
};

}  // namespace zonelag::aggregator
