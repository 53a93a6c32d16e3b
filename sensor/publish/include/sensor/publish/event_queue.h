// Events from the capture workers to the publisher: bounded and numbered. What comes from a live capture must not wait:
// a full queue drops and counts. What comes from files waits.
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
  std::uint64_t waiting = 0;  // now
  friend bool operator==(const EventQueueFigures&, const EventQueueFigures&) = default;
};

enum class WhenFull : std::uint8_t { drop, wait };

class EventQueue {
 public:
  EventQueue(std::size_t most_events, WhenFull when_full) : most_events_(most_events), when_full_(when_full) {}

  // Workers. Gives the event the run's next sequence number, so that one that is dropped leaves a gap that consumers
  // see. Order of numbers is order in the queue.
  void push(decoder::Event event);
  // Publisher. Waits at most `wait` for the first event, then `batch` for others (less when the queue fills up: to be
  // woken for each would cost more than all the rest), and gives all; `events` is replaced, its storage reused.
  void take(std::vector<decoder::Event>& events, std::chrono::milliseconds wait, std::chrono::milliseconds batch);
  // No push() waits any more, now and later.
  void release();
  EventQueueFigures figures() const;

 private:
  // Where the publisher is woken although its batch is not over.
  std::size_t hurry() const { return most_events_ / 2 + 1; }

  const std::size_t most_events_;
  WhenFull when_full_;  // guarded, too
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::vector<decoder::Event> events_;
  EventQueueFigures figures_;
};

}  // namespace zonelag::sensor
