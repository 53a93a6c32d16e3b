// What the DNS fuzz targets share: what holds of every event, and of the counters after every step.
#pragma once

#include <cstdlib>
#include <vector>

#include "decoder/dns_sink.h"
#include "dns_decoder.h"

namespace zonelag::decoder {

inline void require(bool holds) {
  if (!holds) std::abort();
}

class CheckingEventSink final : public EventSink {
 public:
  void event(Event&& event, std::uint64_t, Bytes) override {
    const std::string_view zone = event.zone.wire();
    require(ZoneName::from_wire(std::as_bytes(std::span{zone})) == event.zone);
    if (std::holds_alternative<Served>(event.body)) require(event.destination == Endpoint{});  // who asked stays here
    if (const auto* transfer = std::get_if<Transfer>(&event.body)) {
      const bool completed = transfer->phase == TransferPhase::completed;
      require(completed == transfer->last_serial.has_value());
      if (completed) require(transfer->last_serial == transfer->first_serial && transfer->records > 0);
      require((transfer->phase == TransferPhase::failed) == (transfer->failure != TransferFailure::none));
    }
    events.push_back(std::move(event));
  }

  std::vector<Event> events;
};

// Each message ends in exactly one way.
inline void check(const DnsCounters& c) {
  require(c.messages == c.malformed + c.snapped + c.queries + c.responses + c.notify_requests + c.notify_responses +
                            c.transfer_queries + c.transfer_messages + c.updates + c.other_opcode);
  require(c.served_seen >= c.served_changed + c.served_flapped);
}

}  // namespace zonelag::decoder
