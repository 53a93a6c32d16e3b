#include "exchange_scenario.h"

namespace zonelag::aggregator {
namespace {

using decoder::Endpoint;
using decoder::Event;
using decoder::IpAddress;
using decoder::Notify;
using decoder::Serial;
using decoder::Timestamp;
using decoder::Transfer;
using decoder::TransferFailure;
using decoder::TransferForm;
using decoder::TransferPhase;
using decoder::TransferQuery;
using decoder::Transport;
using decoder::ZoneName;

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

const Endpoint kServer = at("10.53.0.30", 53);
const Endpoint kClient = at("10.53.0.41", 40001);
const Endpoint kSender = at("10.53.0.30", 30001);
const Endpoint kTarget = at("10.53.0.41", 53);

}  // namespace

Transfer started(Timestamp first, Timestamp last) {
  Transfer body;
  body.asked = TransferQuery::ixfr;
  body.message_id = 7;
  body.client_serial = Serial(1);
  body.first_serial = Serial(2);
  body.first_packet = first;
  body.last_packet = last;
  return body;
}

Transfer completed(Timestamp first, Timestamp last) {
  Transfer body = started(first, last);
  body.phase = TransferPhase::completed;
  body.got = TransferForm::incremental;
  body.last_serial = Serial(2);
  body.messages = 1;
  body.records = 4;
  body.bytes = 312;
  return body;
}

Transfer failed(Timestamp first, Timestamp last, TransferFailure failure) {
  Transfer body = started(first, last);
  body.phase = TransferPhase::failed;
  body.failure = failure;
  return body;
}

Event event(const Transfer& body, const char* zone) {
  Event event;
  event.captured_at = body.last_packet;
  event.transport = Transport::tcp;
  event.source = kServer;
  event.destination = kClient;
  event.zone = *ZoneName::parse(zone);
  event.body = body;
  return event;
}

Event request(Timestamp first_sent, Timestamp captured_at, const Sent& sent) {
  Notify body;
  body.message_id = sent.id;
  body.serial = sent.serial;
  body.attempt = sent.attempt;
  body.answered_with = sent.answered_with;
  body.first_sent = first_sent;
  Event event;
  event.captured_at = captured_at;
  event.source = kSender;
  event.destination = kTarget;
  event.zone = *ZoneName::parse("example.at");
  event.body = body;
  return event;
}

Event answer(Timestamp first_sent, Timestamp captured_at, std::uint16_t id, std::uint8_t rcode) {
  Notify body;
  body.response = true;
  body.message_id = id;
  body.rcode = rcode;
  body.first_sent = first_sent;
  Event event;
  event.captured_at = captured_at;
  event.source = kTarget;
  event.destination = kSender;
  event.zone = *ZoneName::parse("example.at");
  event.body = body;
  return event;
}

ExchangeLog log_of(const std::vector<Event>& events, ExchangeLimits limits) {
  ExchangeLog log(limits);
  for (const Event& event : events) log.consume(event);
  return log;
}

std::vector<TransferRow> transfers_of(const std::vector<Event>& events, ExchangeLimits limits) {
  std::vector<TransferRow> rows;
  log_of(events, limits).for_each_transfer([&](const TransferRow& row) { rows.push_back(row); });
  return rows;
}

std::vector<NotifyRow> notifies_of(const std::vector<Event>& events, ExchangeLimits limits) {
  std::vector<NotifyRow> rows;
  log_of(events, limits).for_each_notify([&](const NotifyRow& row) { rows.push_back(row); });
  return rows;
}

}  // namespace zonelag::aggregator
