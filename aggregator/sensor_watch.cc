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

void SensorWatch::consume(const decoder::Event& event) {
  const auto* status = std::get_if<decoder::Status>(&event.body);
  if (status == nullptr) return;
  SensorChange now;
  now.lost_events = lost_events(*status);
  now.sensor = event.sensor_id;
  now.boot_id = event.boot_id;
  now.version = status->version;
  now.node = event.node;
  now.last_seen = event.captured_at;
  now.last_sequence = event.sequence;
  now.dropped = status->dropped - now.lost_events;
  now.clock_error = event.clock.max_error;
  const auto held = beats_.find(event.sensor_id);
  if (held != beats_.end()) {
    if (event.captured_at <= held->second.last_seen) return;
    compare(held->second, now);
  }
  changes_[event.sensor_id] = now;
  if (held != beats_.end()) {
    held->second = std::move(now);
  } else if (beats_.size() < kMaxSensors) {
    beats_.emplace(event.sensor_id, std::move(now));
  }
}

void SensorWatch::compare(const SensorChange& before, SensorChange& now) {
  const Duration gap = now.last_seen - before.last_seen;
  const bool same_run = before.boot_id == now.boot_id;
  now.interval = before.interval;
  const auto report = [&](Blindness kind, std::uint64_t lost) {
    blind_times_.push_back({now.sensor, now.boot_id, before.last_seen, now.last_seen, kind, lost});
  };
  if (now.interval && gap > kSilentBeats * *now.interval) report(Blindness::silent, 0);
  // A new run counts from 0.
  const std::uint64_t dropped = same_run ? before.dropped : 0;
  const std::uint64_t lost = same_run ? before.lost_events : 0;
  if (now.dropped > dropped) report(Blindness::dropped_packets, now.dropped - dropped);
  if (now.lost_events > lost) report(Blindness::lost_events, now.lost_events - lost);
  // The last beat of a run comes early: it is said when it ends. So does the first: less than a second is no interval.
  if (same_run && gap >= std::chrono::seconds(1)) now.interval = std::min(now.interval.value_or(gap), gap);
}

void SensorWatch::take(Changes& into) {
  for (auto& [sensor, change] : changes_) into.sensors.push_back(std::move(change));
  into.blind_times.insert(into.blind_times.end(), blind_times_.begin(), blind_times_.end());
  changes_.clear();
  blind_times_.clear();
}

void SensorWatch::restore(std::span<const SensorChange> sensors) {
  for (const SensorChange& sensor : sensors) {
    if (beats_.size() >= kMaxSensors) return;
    beats_.try_emplace(sensor.sensor, sensor);
  }
}

void SensorWatch::forget() {
  beats_.clear();
  changes_.clear();
  blind_times_.clear();
}

}  // namespace zonelag::aggregator
