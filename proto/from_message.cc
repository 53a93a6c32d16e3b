#include "from_message.h"

#include "reader.h"

namespace zonelag::proto {
namespace {

using decoder::Serial;

decoder::Endpoint read_source(Reader& reader, const v1::Endpoint& message) {
  decoder::Endpoint endpoint;
  if (!message.address().empty()) endpoint.address = reader.address(message.address(), "source.address");
  endpoint.port = reader.u16(message.port(), "source.port");
  return endpoint;
}

decoder::Endpoint read_destination(Reader& reader, const v1::Endpoint& message) {
  decoder::Endpoint endpoint;
  if (!message.address().empty()) endpoint.address = reader.address(message.address(), "destination.address");
  endpoint.port = reader.u16(message.port(), "destination.port");
  return endpoint;
}

decoder::ClockState read_clock(Reader& reader, const v1::ClockState& message) {
  decoder::ClockState clock;
  clock.sync = reader.pick<decoder::ClockSync>(message.sync(), "clock.sync");
  if (message.has_max_error()) clock.max_error = reader.duration(message.max_error(), "clock.max_error");
  clock.leap = reader.pick<decoder::ClockLeap>(message.leap(), "clock.leap");
  return clock;
}

decoder::Notify read(Reader& reader, const v1::Notify& message) {
  decoder::Notify notify;
  notify.response = message.response();
  notify.message_id = reader.u16(message.message_id(), "notify.message_id");
  notify.query_type = reader.u16(message.query_type(), "notify.query_type");
  notify.rcode = reader.u8(message.rcode(), "notify.rcode");
  if (message.has_serial()) notify.serial = Serial{message.serial()};
  if (message.has_answered_with()) notify.answered_with = Serial{message.answered_with()};
  if (message.has_request_serial()) notify.request_serial = Serial{message.request_serial()};
  notify.attempt = message.attempt();
  if (message.has_first_sent()) notify.first_sent = reader.time(message.first_sent(), "notify.first_sent");
  notify.tsig_key = reader.text(message.tsig_key(), "notify.tsig_key");
  return notify;
}

decoder::Transfer read(Reader& reader, const v1::Transfer& message) {
  decoder::Transfer transfer;
  transfer.phase = reader.pick<decoder::TransferPhase>(message.phase(), "transfer.phase");
  transfer.asked = reader.pick<decoder::TransferQuery>(message.asked(), "transfer.asked");
  transfer.got = reader.pick<decoder::TransferForm>(message.got(), "transfer.got");
  transfer.message_id = reader.u16(message.message_id(), "transfer.message_id");
  if (message.has_client_serial()) transfer.client_serial = Serial{message.client_serial()};
  if (message.has_first_serial()) transfer.first_serial = Serial{message.first_serial()};
  if (message.has_last_serial()) transfer.last_serial = Serial{message.last_serial()};
  transfer.messages = message.messages();
  transfer.records = message.records();
  transfer.bytes = message.bytes();
  if (message.has_first_packet()) transfer.first_packet = reader.time(message.first_packet(), "transfer.first_packet");
  if (message.has_last_packet()) transfer.last_packet = reader.time(message.last_packet(), "transfer.last_packet");
  transfer.failure = reader.pick<decoder::TransferFailure>(message.failure(), "transfer.failure");
  transfer.rcode = reader.u8(message.rcode(), "transfer.rcode");
  transfer.tsig_key = reader.text(message.tsig_key(), "transfer.tsig_key");
  return transfer;
}

decoder::Served read(Reader& reader, const v1::Served& message) {
  decoder::Served served;
  // Without presence a record that lost its serial would read as serial 0.
  if (!message.has_serial()) reader.fail(CodecFault::missing, "served.serial");
  served.serial = Serial{message.serial()};
  served.via = reader.pick<decoder::ServedVia>(message.via(), "served.via");
  if (message.has_previous()) served.previous = Serial{message.previous()};
  if (message.has_previous_last_seen()) {
    served.previous_last_seen = reader.time(message.previous_last_seen(), "served.previous_last_seen");
  }
  if (message.has_timers()) {
    const v1::SoaTimers& timers = message.timers();
    served.timers = decoder::SoaTimers{timers.refresh(), timers.retry(), timers.expire(), timers.minimum()};
  }
  return served;
}

decoder::Stamp read(Reader& reader, const v1::Stamp& message) {
  return {reader.text(message.owner(), "stamp.owner"), message.value()};
}

decoder::Status read(Reader& reader, const v1::Status& message) {
  decoder::Status status;
  for (const v1::Counter& counter : message.counters()) {
    status.counters.emplace_back(reader.text(counter.name(), "status.counters.name"), counter.value());
  }
  status.dropped = message.dropped();
  status.version = reader.text(message.version(), "status.version");
  for (const std::string& address : message.own_addresses()) {
    status.own_addresses.push_back(reader.address(address, "status.own_addresses"));
  }
  return status;
}

void read_body(Reader& reader, const v1::Event& message, decoder::Event& event) {
  switch (message.body_case()) {
    case v1::Event::kNotify: event.body = read(reader, message.notify()); return;
    case v1::Event::kTransfer: event.body = read(reader, message.transfer()); return;
    case v1::Event::kServed: event.body = read(reader, message.served()); return;
    case v1::Event::kStamp: event.body = read(reader, message.stamp()); return;
    case v1::Event::kStatus: event.body = read(reader, message.status()); return;
    case v1::Event::BODY_NOT_SET: break;
  }
  reader.fail(CodecFault::missing, "body");
}

}  // namespace

std::expected<decoder::Event, CodecError> from_message(const v1::Event& message) {
  Reader reader;
  decoder::Event event;
  // First: what follows may mean something else in another version.
  if (message.schema() != kSchemaVersion) reader.fail(CodecFault::unknown_schema, "schema");
  event.sensor_id = reader.text(message.sensor_id(), "sensor_id");
  event.boot_id = message.boot_id();
  event.sequence = message.sequence();
  if (!message.has_captured_at()) reader.fail(CodecFault::missing, "captured_at");
  event.captured_at = reader.time(message.captured_at(), "captured_at");
  if (message.has_clock()) event.clock = read_clock(reader, message.clock());
  event.transport = reader.pick<decoder::Transport>(message.transport(), "transport");
  event.direction = reader.pick<decoder::Direction>(message.direction(), "direction");
  if (message.has_source()) event.source = read_source(reader, message.source());
  if (message.has_destination()) event.destination = read_destination(reader, message.destination());
  event.node = reader.text(message.node(), "node");
  event.zone = reader.zone(message.zone(), "zone");
  if (message.has_provenance()) {
    event.provenance.emplace(reader.text(message.provenance().capture(), "provenance.capture"),
                             message.provenance().packet());
  }
  read_body(reader, message, event);
  if (reader.error()) return std::unexpected(*reader.error());
  return event;
}

}  // namespace zonelag::proto
