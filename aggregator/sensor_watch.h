// Heartbeats: what sensors say of themselves, and the times in which they could not see. Private to the room.
#pragma once

#include <map>
#include <span>
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
  // The latest heartbeat of each sensor as it is written, of which version and node do not matter here.
  void restore(std::span<const SensorChange> sensors);
  // Another process has the heartbeats from here on, or what was taken was not written.
  void forget();

 private:
  void compare(const SensorChange& before, SensorChange& now);

  std::map<std::string, SensorChange> beats_;
  std::map<std::string, SensorChange> changes_;
  std::vector<BlindTime> blind_times_;
};

}  // namespace zonelag::aggregator
