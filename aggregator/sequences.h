// Repeats of events, by the numbers that a sensor's run gives them. For figures only: what is stored does not count
// repeats anyway. Private to the room.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "decoder/event.h"

namespace zonelag::aggregator {

class Sequences {
 public:
  // Runs beyond the limit, and numbers that are further back than the window, are not told.
  static constexpr std::size_t kMaxRuns = 1'000;
  static constexpr std::uint64_t kWindow = 65'536;

  bool is_repeat(const decoder::Event& event);

 private:
  struct Run {
    std::uint64_t latest = 0;
    std::vector<std::uint64_t> seen = std::vector<std::uint64_t>(kWindow / 64);  // by number modulo kWindow
  };
  using Key = std::pair<std::string, std::uint64_t>;  // sensor, boot

  std::map<Key, Run> runs_;
  std::map<Key, Run>::iterator last_ = runs_.end();
};

}  // namespace zonelag::aggregator
