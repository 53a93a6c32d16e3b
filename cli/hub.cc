#include "hub.h"

namespace zonelag::cli {

void Hub::event(decoder::Event&& event, decoder::Bytes) {
  if (wishes_.zone && event.zone != *wishes_.zone) return;
  ++events_;
  if (!first_event_ || event.captured_at < *first_event_) first_event_ = event.captured_at;
  join_.consume(event);
  if (wishes_.exchanges) exchanges_.consume(event);
  if (wishes_.starter) starter_.consume(event);
  if (wishes_.events == nullptr || !*wishes_.events) return;
  sensor::EventFile& events = **wishes_.events;
  events.write(event);
  if (events.error() != 0 && wishes_.stop_without_events != nullptr) wishes_.stop_without_events->request_stop();
}

}  // namespace zonelag::cli
