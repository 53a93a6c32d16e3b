#include "sequences.h"

#include <algorithm>

namespace zonelag::aggregator {

bool Sequences::is_repeat(const decoder::Event& event) {
  const std::uint64_t number = event.sequence;
  if (number == 0) return false;
  if (last_ == runs_.end() || last_->first.second != event.boot_id || last_->first.first != event.sensor_id) {
    last_ = runs_.find({event.sensor_id, event.boot_id});
    if (last_ == runs_.end()) {
      if (runs_.size() >= kMaxRuns) runs_.erase(runs_.begin());
      last_ = runs_.try_emplace({event.sensor_id, event.boot_id}).first;
    }
  }
  Run& run = last_->second;
  if (number > run.latest) {
    // Numbers that come into the window are not seen yet.
    const std::uint64_t passed = std::min(number - run.latest, kWindow);
    for (std::uint64_t i = 1; i <= passed; ++i) {
      const std::uint64_t at = (run.latest + i) % kWindow;
      run.seen[at / 64] &= ~(std::uint64_t{1} << at % 64);
    }
    run.latest = number;
  } else if (run.latest - number >= kWindow) {
    return false;
  }
  const std::uint64_t at = number % kWindow;
  const std::uint64_t bit = std::uint64_t{1} << at % 64;
  const bool repeat = (run.seen[at / 64] & bit) != 0;
  run.seen[at / 64] |= bit;
  return repeat;
}

}  // namespace zonelag::aggregator
