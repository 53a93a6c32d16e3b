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
    const bool of_client = std::holds_alternative<Served>(event.body) || std::holds_alternative<Stamp>(event.body);
    if (of_client) require(event.destination == Endpoint{});  // who asked stays here
    if (const auto* stamp = std::get_if<Stamp>(&event.body))
      require(stamp->value.size() <= DnsLimits{}.max_stamp_bytes);
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

// All or, by the bits of `which`, not all signals; with stamps of the root and of what the corpus asks for.
inline Signals signals_of(unsigned which) {
  Signals signals{.notify = (which & 1) == 0, .transfer = (which & 2) == 0, .served = (which & 4) == 0};
  for (const char* owner : {".", "t.test"}) signals.stamps.push_back({*ZoneName::parse(owner), {}});
  return signals;
}

inline DnsLimits small_limits() {
  return {.max_served = 3, .max_stamps = 2, .max_notify_pairs = 3, .max_interests = 2, .max_udp_transfers = 2};
}

// Each message ends in exactly one way.
inline void check(const DnsCounters& c) {
  require(c.messages == c.malformed + c.snapped + c.queries + c.responses + c.notify_requests + c.notify_responses +
                            c.transfer_queries + c.transfer_messages + c.updates + c.other_opcode);
  require(c.served_seen >= c.served_changed + c.served_flapped);
  require(c.stamps_seen >= c.stamps_changed + c.stamps_flapped + c.stamps_too_long);
}

}  // namespace zonelag::decoder
