// Events from the capture workers to the publisher: bounded, numbered, and a full queue drops and counts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "decoder/event.h"

namespace zonelag::sensor {

struct EventQueueFigures {
  std::uint64_t pushed = 0;   // numbered: taken and dropped ones
  std::uint64_t dropped = 0;  // the queue was full
  friend bool operator==(const EventQueueFigures&, const EventQueueFigures&) = default;
};

class EventQueue {
 public:
  explicit EventQueue(std::size_t most_events) : most_events_(most_events) {}

  // Workers. Gives the event the run's next sequence number, so that one that is dropped leaves a gap that consumers
  // see. Order of numbers is order in the queue.
  void push(const decoder::Event& event);
  // Publisher. Waits at most `wait` for the first event, then gives all; `events` is replaced, its storage reused.
  void take(std::vector<decoder::Event>& events, std::chrono::milliseconds wait);
  EventQueueFigures figures() const;

 private:
  const std::size_t most_events_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<decoder::Event> events_;
  EventQueueFigures figures_;
};

}  // namespace zonelag::sensor
