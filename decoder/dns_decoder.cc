#include "dns_decoder.h"

#include <algorithm>
#include <utility>

namespace zonelag::decoder {
namespace {

Path reversed(const Path& path) { return {path.destination, path.source, path.transport}; }

TransferQuery asked_by(std::uint16_t type) { return type == kTypeIxfr ? TransferQuery::ixfr : TransferQuery::axfr; }

}  // namespace

DnsDecoder::DnsDecoder(const DnsLimits& limits, EventSink& sink)
    : limits_(limits),
      sink_(sink),
      held_{.limit = limits.max_held_bytes},
      served_(limits, counters_),
      stamps_(limits, counters_),
      notifies_(limits, counters_),
      interests_(limits, counters_),
      transfers_(limits, counters_, *this) {}

void DnsDecoder::watch(const Signals& signals) {
  signals_ = signals;
  servers_ = {signals.servers.begin(), signals.servers.end()};
  last_server_ = {};
  last_is_watched_ = servers_.contains(last_server_);
  stamps_.watch(signals.stamps);
}

DecoderSizes DnsDecoder::sizes() const {
  return {.dns_held_bytes = held_.held,
          .transfers = transfers_.size(),
          .notify_pairs = notifies_.size(),
          .served = served_.size(),
          .stamps = stamps_.size()};
}

void DnsDecoder::datagram(const Segment& segment) {
  Reading reading{.source = segment.source,
                  .destination = segment.destination,
                  .moment = {segment.time, segment.packet},
                  .message = segment.payload,
                  .snapped = segment.missing > 0};
  message(reading);
}

// --- Messages ---

void DnsDecoder::malformed(const Reading& reading) {
  if (reading.snapped) {
    ++counters_.snapped;
  } else {
    ++counters_.malformed;
  }
}

void DnsDecoder::message(Reading& reading) {
  ++counters_.messages;
  if (reading.message.size() < kHeaderLength) return malformed(reading);
  reading.header = read_header(reading.message);
  switch (reading.header.opcode()) {
    case kOpcodeQuery: return reading.header.response() ? response(reading) : query(reading);
    case kOpcodeNotify: return notify(reading);
    case kOpcodeUpdate: ++counters_.updates; return;
    default: ++counters_.other_opcode;
  }
}

void DnsDecoder::query(Reading& reading) {
  if (reading.connection != nullptr && !reading.from_server) reading.connection->server.confirm();
  if (reading.header.questions == 1) {
    if (!read_question(reading.message, reading.behind_question, reading.question)) return malformed(reading);
    if (is_transfer_type(reading.question.type) && reading.question.klass == kClassIn) return transfer_query(reading);
  }
  ++counters_.queries;
}

TransferRequest DnsDecoder::request_of(const Reading& reading, NameBuffer& zone) const {
  std::size_t offset = reading.question.name_offset;
  read_name(reading.message, offset, zone);
  return {.zone = zone.wire(), .id = reading.header.id, .asked = asked_by(reading.question.type)};
}

void DnsDecoder::transfer_query(Reading& reading) {
  NameBuffer zone;
  std::size_t offset = reading.question.name_offset;
  Extras extras;
  if (!read_name(reading.message, offset, zone) || !read_extras(reading, zone.wire(), extras))
    return malformed(reading);
  ++counters_.transfer_queries;
  TransferRequest request = request_of(reading, zone);
  request.client_serial = extras.authority_serial;
  request.tsig_key = std::move(extras.tsig_key);
  if (!follows_transfers()) return;
  const Path answers = reversed(reading.path());
  if (signals_.transfer) interests_.settle(answers.source.address, answers.destination.address, zone.wire());
  if (reading.connection == nullptr) {
    transfers_.udp_query(answers, reading.moment, request);
  } else if (!reading.from_server) {
    request.certain = reading.connection->server.trusted();
    transfers_.query(reading.connection->transfers, answers, reading.moment, request);
  }
}

// By its question, or, without one, by its id (RFC 5936 section 2.2.1 lets later messages go without).
bool DnsDecoder::of_transfer(const Reading& reading) const {
  const Header& header = reading.header;
  if (header.questions == 1) return is_transfer_type(reading.question.type) && reading.question.klass == kClassIn;
  if (header.questions != 0 || !reading.from_server) return false;
  if (!follows_transfers()) return true;
  OpenTransfers& transfers = reading.connection->transfers;
  return TransferTracker::find(transfers, header.id) != nullptr || transfers.has_ended(header.id);
}

void DnsDecoder::response(Reading& reading) {
  const Header& header = reading.header;
  if (header.questions == 1 && !read_question(reading.message, reading.behind_question, reading.question))
    return malformed(reading);
  if (of_transfer(reading)) return transfer_response(reading);
  ++counters_.responses;
  // Several questions: nobody asks so (RFC 9619); none: it may be part of any transfer.
  if (header.questions != 1 || reading.question.klass != kClassIn) return;
  // What was found again behind a hole may be inside of something else.
  if (reading.connection != nullptr && !(reading.from_server && reading.connection->server.trusted())) return;
  if (header.authoritative() && (header.rcode() == kRcodeNoError || header.rcode() == kRcodeNxDomain)) {
    authoritative(reading);
  }
}

// The first SOA is all that NOTIFYs without serial need, and it is in the first message. What follows then belongs to
// nothing any more, also when transfers are looked for again while it comes.
void DnsDecoder::pass_over(OpenTransfers& transfers, std::uint16_t id) {
  if (!signals_.transfer) transfers_.give_up(transfers, id);
}

void DnsDecoder::transfer_response(Reading& reading) {
  if (!follows_transfers()) {
    ++counters_.transfer_messages;
    if (reading.connection != nullptr) pass_over(reading.connection->transfers, reading.header.id);
    return;
  }
  NameBuffer zone;
  if (reading.connection == nullptr) {
    std::size_t offset = reading.question.name_offset;
    if (!read_name(reading.message, offset, zone)) return malformed(reading);
    transfers_.udp_answer(reading.path(), reading.moment, reading.header, request_of(reading, zone),
                          reading.message.subspan(reading.behind_question), reading.message, reading.snapped);
    return;
  }
  OpenTransfer* transfer = transfer_of(reading);
  if (transfer == nullptr) {
    ++counters_.transfer_messages;
    ++counters_.transfer_orphans;
    return;
  }
  walk_whole(reading, *transfer);
}

void DnsDecoder::walk_whole(Reading& reading, OpenTransfer& transfer) {
  TransferTracker::begin_message(transfer, reading.header);
  RecordWalker walker;
  walker.begin(reading.header);
  RecordVisitor& visitor = transfers_.visitor(transfer, reading.path(), reading.moment, reading.message);
  const bool well_formed = walker.feed(reading.message.subspan(reading.behind_question), visitor) && walker.complete();
  transfers_.message_ended(reading.connection->transfers, reading.path(), reading.moment, transfer,
                           static_cast<std::uint32_t>(reading.message.size()), well_formed, reading.message);
  pass_over(reading.connection->transfers, reading.header.id);
}

OpenTransfer* DnsDecoder::transfer_of(const Reading& reading) {
  if (!reading.from_server) return nullptr;
  OpenTransfers& transfers = reading.connection->transfers;
  OpenTransfer* transfer = TransferTracker::find(transfers, reading.header.id);
  if (reading.header.questions == 0) {  // the first message has one, unless it says that something is wrong
    const bool fits = transfer != nullptr && (transfer->messages > 0 || reading.header.rcode() != kRcodeNoError);
    return fits ? transfer : nullptr;
  }
  NameBuffer zone;
  std::size_t offset = reading.question.name_offset;
  if (!read_name(reading.message, offset, zone)) return nullptr;
  if (transfer != nullptr) return transfer->zone == zone.wire() ? transfer : nullptr;
  if (transfers.has_ended(reading.header.id)) return nullptr;
  // Only the answers of this connection were captured, or the query was lost.
  TransferRequest request = request_of(reading, zone);
  request.certain = reading.connection->server.certain();
  transfers_.query(transfers, reading.path(), reading.moment, request);
  return TransferTracker::find(transfers, reading.header.id);
}

// --- NOTIFY ---

bool DnsDecoder::read_extras(const Reading& reading, std::string_view zone, Extras& extras) const {
  const Header& header = reading.header;
  const std::uint32_t authority_end = std::uint32_t{header.answers} + header.authorities;
  std::size_t offset = reading.behind_question;
  Record record;
  NameBuffer owner;
  for (std::uint32_t i = 0; i < authority_end + header.additionals; ++i) {
    if (!read_record(reading.message, offset, record)) return false;
    std::size_t at = record.owner_offset;
    if (record.type == kTypeTsig && i >= authority_end && read_name(reading.message, at, owner)) {
      extras.tsig_key = ZoneName::from_canonical(owner.wire()).to_text();
    }
    if (record.type != kTypeSoa || i >= authority_end || !read_name(reading.message, at, owner)) continue;
    const auto soa = read_soa(reading.message, record.rdata_offset, record.rdata_length);
    if (!soa || owner.wire() != zone) continue;
    (i < header.answers ? extras.answer_serial : extras.authority_serial) = soa->serial;
  }
  return true;
}

void DnsDecoder::notify(Reading& reading) {
  if (!signals_.notify) return notify_ignored(reading);
  if (reading.header.questions == 0 && reading.header.response()) return notify_without_question(reading);
  NameBuffer zone;
  std::size_t offset = kHeaderLength;
  Extras extras;
  if (reading.header.questions != 1 || !read_question(reading.message, reading.behind_question, reading.question) ||
      !read_name(reading.message, offset, zone) || !read_extras(reading, zone.wire(), extras)) {
    return malformed(reading);
  }
  const NotifyMessage message{.zone = zone.wire(),
                              .id = reading.header.id,
                              .query_type = reading.question.type,
                              .rcode = reading.header.rcode(),
                              .serial = extras.answer_serial,
                              .tsig_key = std::move(extras.tsig_key)};
  if (reading.header.response()) return notify_response(reading, message);
  const Path path = reading.path();
  if (message.query_type == kTypeSoa && signals_.transfer) {
    interests_.raise(path.source.address, path.destination.address, zone.wire(), reading.moment.time);
  }
  auto request = notifies_.request(path, reading.moment, message);
  if (request) emit(path, reading.moment, zone.wire(), *std::move(request), reading.message);
}

// A connection that fails after it is still put down to its zone.
void DnsDecoder::notify_ignored(Reading& reading) {
  if (reading.header.response()) {
    ++counters_.notify_responses;
    return;
  }
  ++counters_.notify_requests;
  NameBuffer zone;
  std::size_t offset = kHeaderLength;
  if (!signals_.transfer || reading.header.questions != 1) return;
  if (!read_question(reading.message, reading.behind_question, reading.question)) return;
  if (reading.question.type != kTypeSoa || !read_name(reading.message, offset, zone)) return;
  interests_.raise(reading.source.address, reading.destination.address, zone.wire(), reading.moment.time);
}

void DnsDecoder::notify_response(const Reading& reading, const NotifyMessage& message) {
  emit(reading.path(), reading.moment, message.zone, notifies_.response(reading.path(), reading.moment, message),
       reading.message);
}

void DnsDecoder::notify_without_question(const Reading& reading) {
  const std::string zone = notifies_.zone_answered(reading.path(), reading.header.id);
  if (zone.empty()) {
    ++counters_.notify_responses;
    return;
  }
  notify_response(reading, {.zone = zone, .id = reading.header.id, .rcode = reading.header.rcode()});
}

// `path` runs from server to client.
void DnsDecoder::offered(const Path& path, std::string_view zone, Serial serial, Moment moment) {
  auto answered = notifies_.offered(path.source.address, path.destination.address, zone, serial, moment.time);
  if (answered) emit(answered->path, answered->moment, zone, std::move(answered->body), {});
}

// --- Events ---

void DnsDecoder::transfer(const Path& path, Moment moment, std::string_view zone, Transfer&& body, Bytes message) {
  const bool offers = body.phase == TransferPhase::started && body.first_serial;
  const Serial serial = body.first_serial.value_or(Serial{});
  if (signals_.transfer) emit(path, moment, zone, std::move(body), message);
  if (offers && signals_.notify) offered(path, zone, serial, moment);
}

}  // namespace zonelag::decoder
