#include "figures.h"

#include <array>
#include <variant>

#include <utility>

namespace zonelag::sensor {

void EventCounts::count(const decoder::Event& event) {
  constexpr std::array kByBody{&EventCounts::notify, &EventCounts::transfer, &EventCounts::served, &EventCounts::stamp,
                               &EventCounts::status};
  static_assert(kByBody.size() == std::variant_size_v<decltype(event.body)>);
  ++(this->*kByBody.at(event.body.index()));
}

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  notify += other.notify;
  transfer += other.transfer;
  served += other.served;
  stamp += other.stamp;
  status += other.status;
  return *this;
}
namespace {

// Keeps `now` where the count has grown. A count that fell (a capture that was opened anew) is no drop.
void note_growth(std::uint64_t& before, std::uint64_t count, SteadyTime& changed, SteadyTime now) {
  if (count > before) changed = now;
  before = count;
}

}  // namespace

void FigureHistory::note(SensorFigures& figures, SteadyTime now) {
  const bool delivered = std::exchange(delivered_, figures.producer.delivered) != figures.producer.delivered;
  if (!started_ || delivered || figures.spool.waiting_records == 0) recent_.settled = now;
  started_ = true;
  std::uint64_t captured = 0;
  for (const auto& worker : figures.workers) captured += worker.capture.dropped;
  note_growth(spool_dropped_, figures.spool.dropped(), recent_.spool_dropped, now);
  note_growth(queue_dropped_, figures.queue.dropped, recent_.queue_dropped, now);
  note_growth(capture_dropped_, captured, recent_.capture_dropped, now);
  figures.recent = recent_;
}

}  // namespace zonelag::sensor
