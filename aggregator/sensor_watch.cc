#include "sensor_watch.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace zonelag::aggregator {
namespace {

// Names of the sensor's status counters (docs/metrics.md) for events that were made and never sent. They are also part
// of Status::dropped.
constexpr std::array<std::string_view, 6> kLostEvents{"queue_dropped",     "spool_dropped_size",
                                                      "spool_dropped_age", "spool_dropped_memory",
                                                      "spool_unreadable",  "publisher_refused"};

std::uint64_t lost_events(const decoder::Status& status) {
  std::uint64_t lost = 0;
  for (const auto& [name, value] : status.counters) {
    if (std::ranges::find(kLostEvents, name) != kLostEvents.end()) lost += value;
  }
  return std::min(lost, status.dropped);
}

}  // namespace

void SensorWatch::remember(const std::string& sensor) {
  if (taken_) undo_.clear();  // what was taken is written, else it would have been rolled back
  taken_ = false;
  const auto held = beats_.find(sensor);
  undo_.try_emplace(sensor, held == beats_.end() ? std::nullopt : std::optional(held->second));
}

void SensorWatch::consume(const decoder::Event& event) {
  const auto* status = std::get_if<decoder::Status>(&event.body);
  if (status == nullptr) return;
  Beat now;
  now.lost_events = lost_events(*status);
  now.change.sensor = event.sensor_id;
  now.change.boot_id = event.boot_id;
  now.change.version = status->version;
  now.change.node = event.node;
  now.change.last_seen = event.captured_at;
  now.change.last_sequence = event.sequence;
  now.change.dropped = status->dropped - now.lost_events;
  now.change.clock_error = event.clock.max_error;
  const auto held = beats_.find(event.sensor_id);
  if (held != beats_.end()) {
    if (event.captured_at <= held->second.change.last_seen) return;
    compare(held->second, now);
  }
  remember(event.sensor_id);
  changes_[event.sensor_id] = now.change;
  if (held != beats_.end()) {
    held->second = std::move(now);
  } else if (beats_.size() < kMaxSensors) {
    beats_.emplace(event.sensor_id, std::move(now));
  }
}

void SensorWatch::compare(const Beat& before, Beat& now) {
  const Duration gap = now.change.last_seen - before.change.last_seen;
  const bool same_run = before.change.boot_id == now.change.boot_id;
  now.interval = before.interval;
  const auto report = [&](Blindness kind, std::uint64_t lost) {
    blind_times_.push_back(
        {now.change.sensor, now.change.boot_id, before.change.last_seen, now.change.last_seen, kind, lost});
  };
  if (now.interval && gap > kSilentBeats * *now.interval) report(Blindness::silent, 0);
  // A new run counts from 0.
  const std::uint64_t dropped = same_run ? before.change.dropped : 0;
  const std::uint64_t lost = same_run ? before.lost_events : 0;
  if (now.change.dropped > dropped) report(Blindness::dropped_packets, now.change.dropped - dropped);
  if (now.lost_events > lost) report(Blindness::lost_events, now.lost_events - lost);
  // The last beat of a run comes early: it is said when it ends. So does the first: less than a second is no interval.
  if (same_run && gap >= std::chrono::seconds(1)) now.interval = std::min(now.interval.value_or(gap), gap);
}

void SensorWatch::take(Changes& into) {
  for (auto& [sensor, change] : changes_) into.sensors.push_back(std::move(change));
  into.blind_times.insert(into.blind_times.end(), blind_times_.begin(), blind_times_.end());
  changes_.clear();
  blind_times_.clear();
  taken_ = true;
}

void SensorWatch::roll_back() {
  for (auto& [sensor, beat] : undo_) {
    if (beat)
      beats_[sensor] = std::move(*beat);
    else
      beats_.erase(sensor);
  }
  undo_.clear();
  taken_ = false;
  changes_.clear();
  blind_times_.clear();
}

void SensorWatch::forget() {
  beats_.clear();
  undo_.clear();
}

}  // namespace zonelag::aggregator
