#include "sensor/publish/event_queue.h"

namespace zonelag::sensor {

void EventQueue::push(const decoder::Event& event) {
  bool was_empty = false;
  {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return when_full_ == WhenFull::drop || events_.size() < most_events_; });
    const std::uint64_t sequence = ++figures_.pushed;
    if (events_.size() >= most_events_) {
      ++figures_.dropped;
      return;
    }
    was_empty = events_.empty();
    events_.push_back(event);
    events_.back().sequence = sequence;
  }
  if (was_empty) filled_.notify_one();
}

void EventQueue::take(std::vector<decoder::Event>& events, std::chrono::milliseconds wait) {
  events.clear();
  {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, wait, [this] { return !events_.empty(); });
    events_.swap(events);
  }
  emptied_.notify_all();
}

void EventQueue::release() {
  {
    const std::scoped_lock lock(mutex_);
    when_full_ = WhenFull::drop;
  }
  emptied_.notify_all();
}

EventQueueFigures EventQueue::figures() const {
  const std::scoped_lock lock(mutex_);
  EventQueueFigures figures = figures_;
  figures.waiting = events_.size();
  return figures;
}

}  // namespace zonelag::sensor
