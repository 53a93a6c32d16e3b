// When to try again: twice as long each time, up to a limit, with jitter so that processes do not come all at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "clock.h"

namespace zonelag::aggregator {

struct BackoffSettings {
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds most{5'000};
};

class Backoff {
 public:
  explicit Backoff(BackoffSettings settings) : settings_(settings), next_(settings.first) {}

  // Something failed at `now`.
  void failed(SteadyTime now) {
    // Between half and all of it.
    std::uniform_int_distribution<std::chrono::milliseconds::rep> within(next_.count() / 2, next_.count());
    due_ = now + std::chrono::milliseconds(within(random_));
    next_ = std::min(next_ * 2, settings_.most);
  }
  bool due(SteadyTime now) const { return now >= due_; }
  void reset() {
    next_ = settings_.first;
    due_ = SteadyTime{};
  }

 private:
  BackoffSettings settings_;
  std::chrono::milliseconds next_;
  SteadyTime due_{};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace zonelag::aggregator
