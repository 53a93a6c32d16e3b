#include "sensor/publish/event_queue.h"

#include <utility>

namespace zonelag::sensor {

void EventQueue::push(decoder::Event event) {
  bool awaited = false;
  {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return when_full_ == WhenFull::drop || events_.size() < most_events_; });
    const std::uint64_t sequence = ++figures_.pushed;
    if (events_.size() >= most_events_) {
      ++figures_.dropped;
      return;
    }
    event.sequence = sequence;
    events_.push_back(std::move(event));
    awaited = events_.size() == 1 || events_.size() == hurry();
  }
  if (awaited) filled_.notify_one();
}

void EventQueue::take(std::vector<decoder::Event>& events, std::chrono::milliseconds wait,
                      std::chrono::milliseconds batch) {
  events.clear();
  {
    std::unique_lock lock(mutex_);
    if (filled_.wait_for(lock, wait, [this] { return !events_.empty(); })) {
      filled_.wait_for(lock, batch, [this] { return events_.size() >= hurry(); });
    }
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
