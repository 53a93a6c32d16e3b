#include "clock.h"

#include <thread>

namespace zonelag::aggregator {

decoder::Timestamp SystemClock::wall() const {
  return std::chrono::time_point_cast<decoder::Timestamp::duration>(std::chrono::system_clock::now());
}

void SystemClock::wait(std::chrono::milliseconds time) const { std::this_thread::sleep_for(time); }

}  // namespace zonelag::aggregator
