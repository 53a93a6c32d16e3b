#include "to_message.h"

#include <chrono>

#include "enums.h"
#include "proto/codec.h"
#include "text.h"

namespace zonelag::proto {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// A decoder enum that is no enumerator is our mistake; its wire value is then 0, which decode() refuses or reads as
// none.
template <class Enum>
auto wire(Enum value) {
  const auto known = to_wire(value);
  using Wire = typename decltype(known)::value_type;
  return known.value_or(Wire{});
}

void set_time(google::protobuf::Timestamp& message, decoder::Timestamp time) {
  // Nanoseconds count forward also before 1970 (timestamp.proto). Not time - floor<seconds>(time): the earliest times'
  // second begins before what 64 bits hold.
  const decoder::Duration since = time.time_since_epoch();
  const decoder::Duration rest = since % seconds{1};
  const bool before = rest < decoder::Duration::zero();
  message.set_seconds(duration_cast<seconds>(since).count() - (before ? 1 : 0));
  message.set_nanos(static_cast<std::int32_t>((before ? rest + seconds{1} : rest).count()));
}

// decoder has no optional where a time is nearly always known: the epoch is its "not seen".
bool is_known(decoder::Timestamp time) { return time != decoder::Timestamp{}; }

void set_duration(google::protobuf::Duration& message, decoder::Duration duration) {
  // Seconds and nanoseconds have the same sign (duration.proto).
  const auto whole = duration_cast<seconds>(duration);
  message.set_seconds(whole.count());
  message.set_nanos(static_cast<std::int32_t>((duration - whole).count()));
}

void set_endpoint(v1::Endpoint& message, const decoder::Endpoint& endpoint) {
  if (!endpoint.address.is_none()) message.set_address(endpoint.address.to_string());
  message.set_port(endpoint.port);
}

void set_clock(v1::ClockState& message, const decoder::ClockState& clock) {
  message.set_sync(wire(clock.sync));
  if (clock.max_error) set_duration(*message.mutable_max_error(), *clock.max_error);
  message.set_leap(wire(clock.leap));
}

void set_body(v1::Event& event, const decoder::Notify& notify) {
  v1::Notify& message = *event.mutable_notify();
  message.set_response(notify.response);
  message.set_message_id(notify.message_id);
  message.set_query_type(notify.query_type);
  message.set_rcode(notify.rcode);
  if (notify.serial) message.set_serial(notify.serial->value());
  if (notify.answered_with) message.set_answered_with(notify.answered_with->value());
  if (notify.request_serial) message.set_request_serial(notify.request_serial->value());
  message.set_attempt(notify.attempt);
  if (is_known(notify.first_sent)) set_time(*message.mutable_first_sent(), notify.first_sent);
  if (!notify.tsig_key.empty()) message.set_tsig_key(as_text(notify.tsig_key));
}

void set_body(v1::Event& event, const decoder::Transfer& transfer) {
  v1::Transfer& message = *event.mutable_transfer();
  message.set_phase(wire(transfer.phase));
  message.set_asked(wire(transfer.asked));
  message.set_got(wire(transfer.got));
  message.set_message_id(transfer.message_id);
  if (transfer.client_serial) message.set_client_serial(transfer.client_serial->value());
  if (transfer.first_serial) message.set_first_serial(transfer.first_serial->value());
  if (transfer.last_serial) message.set_last_serial(transfer.last_serial->value());
  message.set_messages(transfer.messages);
  message.set_records(transfer.records);
  message.set_bytes(transfer.bytes);
  if (is_known(transfer.first_packet)) set_time(*message.mutable_first_packet(), transfer.first_packet);
  if (is_known(transfer.last_packet)) set_time(*message.mutable_last_packet(), transfer.last_packet);
  message.set_failure(wire(transfer.failure));
  message.set_rcode(transfer.rcode);
  if (!transfer.tsig_key.empty()) message.set_tsig_key(as_text(transfer.tsig_key));
}

void set_body(v1::Event& event, const decoder::Served& served) {
  v1::Served& message = *event.mutable_served();
  message.set_serial(served.serial.value());
  message.set_via(wire(served.via));
  if (served.previous) message.set_previous(served.previous->value());
  if (served.previous_last_seen) set_time(*message.mutable_previous_last_seen(), *served.previous_last_seen);
  if (!served.timers) return;
  v1::SoaTimers& timers = *message.mutable_timers();
  timers.set_refresh(served.timers->refresh);
  timers.set_retry(served.timers->retry);
  timers.set_expire(served.timers->expire);
  timers.set_minimum(served.timers->minimum);
}

void set_body(v1::Event& event, const decoder::Stamp& stamp) {
  v1::Stamp& message = *event.mutable_stamp();
  message.set_owner(as_text(stamp.owner));
  message.set_value(stamp.value);
}

void set_body(v1::Event& event, const decoder::Status& status) {
  v1::Status& message = *event.mutable_status();
  for (const auto& [name, value] : status.counters) {
    v1::Counter& counter = *message.add_counters();
    counter.set_name(as_text(name));
    counter.set_value(value);
  }
  message.set_dropped(status.dropped);
  message.set_version(as_text(status.version));
  for (const auto& address : status.own_addresses) message.add_own_addresses(address.to_string());
}

// The destination of an answer to an ordinary query is its client (design, section 7: no client address).
bool hides_destination(const decoder::Event& event) {
  return std::holds_alternative<decoder::Served>(event.body) || std::holds_alternative<decoder::Stamp>(event.body);
}

}  // namespace

void to_message(const decoder::Event& event, v1::Event& message) {
  message.set_schema(kSchemaVersion);
  if (!event.sensor_id.empty()) message.set_sensor_id(as_text(event.sensor_id));
  message.set_boot_id(event.boot_id);
  message.set_sequence(event.sequence);
  set_time(*message.mutable_captured_at(), event.captured_at);
  if (event.clock != decoder::ClockState{}) set_clock(*message.mutable_clock(), event.clock);
  message.set_transport(wire(event.transport));
  message.set_direction(wire(event.direction));
  if (event.source != decoder::Endpoint{}) set_endpoint(*message.mutable_source(), event.source);
  if (event.destination != decoder::Endpoint{} && !hides_destination(event)) {
    set_endpoint(*message.mutable_destination(), event.destination);
  }
  if (!event.node.empty()) message.set_node(as_text(event.node));
  message.set_zone(event.zone.to_text());
  if (event.provenance) {
    v1::Provenance& provenance = *message.mutable_provenance();
    provenance.set_capture(as_text(event.provenance->capture));
    provenance.set_packet(event.provenance->packet);
  }
  std::visit([&](const auto& body) { set_body(message, body); }, event.body);
}

}  // namespace zonelag::proto
