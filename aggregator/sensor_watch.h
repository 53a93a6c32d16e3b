// Heartbeats: what sensors say of themselves, and the times in which they could not see. Private to the room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/changes.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

// A time is blind between two heartbeats when what was lost has grown, or when they are further apart than three of the
// shortest distance seen. It is told of heartbeats in their order; those that come late, or again, tell nothing.
class SensorWatch {
 public:
  static constexpr std::size_t kMaxSensors = 100'000;  // others are written, but not watched
  static constexpr int kSilentBeats = 3;

  void consume(const decoder::Event& event);
  void take(Changes& into);
  // As before what was taken last, and all since: that was not written.
  void roll_back();
  // Another process has the heartbeats from here on: what is remembered of them grows old. Call after roll_back(), or
  // when what was taken is written.
  void forget();

 private:
  struct Beat {
    SensorChange change;
    std::uint64_t lost_events = 0;
    std::optional<Duration> interval;  // between beats: the shortest seen
  };
  void compare(const Beat& before, Beat& now);
  void remember(const std::string& sensor);

  std::map<std::string, Beat> beats_;
  std::map<std::string, std::optional<Beat>> undo_;  // what was held before; empty: nothing
  bool taken_ = false;
  std::map<std::string, SensorChange> changes_;
  std::vector<BlindTime> blind_times_;
};

}  // namespace zonelag::aggregator
