#include "transfer_tracker.h"

#include <algorithm>
#include <utility>

namespace zonelag::decoder {
namespace {

OpenTransfer opened(const TransferRequest& request, Moment moment) {
  return {.zone = std::string(request.zone),
          .tsig_key = request.tsig_key,
          .progress = TransferProgress(request.asked, request.client_serial),
          .id = request.id,
          .asked = request.asked,
          .certain = request.certain,
          .client_serial = request.client_serial,
          .first_packet = moment.time,
          .last_packet = moment.time};
}

Transfer body_of(const OpenTransfer& transfer, TransferPhase phase) {
  return {.phase = phase,
          .asked = transfer.asked,
          .got = transfer.progress.form(),
          .message_id = transfer.id,
          .client_serial = transfer.client_serial,
          .first_serial = transfer.progress.first_serial(),
          .messages = transfer.messages,
          .records = transfer.progress.records(),
          .bytes = transfer.bytes,
          .first_packet = transfer.first_packet,
          .last_packet = transfer.last_packet,
          .rcode = transfer.rcode,
          .tsig_key = transfer.tsig_key};
}

bool is_denied(const OpenTransfer& transfer) { return transfer.failed_answer || transfer.tsig_error != 0; }

TransferFailure failure_of(const OpenTransfer& transfer) {
  if (transfer.tsig_error != 0) return TransferFailure::tsig_error;
  if (transfer.rcode == kRcodeRefused) return TransferFailure::refused;
  if (transfer.rcode == kRcodeNotAuth) return TransferFailure::notauth;
  return TransferFailure::other_rcode;
}

std::uint64_t hash_of(const Path& path, std::uint16_t id) {
  const auto ports = static_cast<std::uint32_t>(path.source.port) << 16 | path.destination.port;
  return mix(path.source.address.hash() + 3 * path.destination.address.hash() + mix(std::uint64_t{ports} << 16 | id));
}

// Whether the server has no more to say.
bool is_finished(const OpenTransfer& transfer) {
  const bool complete = transfer.progress.state() == TransferProgress::State::completed;
  return is_denied(transfer) || (complete && transfer.certain && !transfer.malformed);
}

}  // namespace

void OpenTransfers::leave_unfinished(std::uint16_t id) {
  if (may_be_unfinished(id)) return;
  forgetful = unfinished.size() == kMaxUnfinished;
  if (!forgetful) unfinished.push_back(id);
}

TransferTracker::TransferTracker(const DnsLimits& limits, DnsCounters& counters, TransferSink& sink)
    : limits_(limits), counters_(counters), sink_(sink), udp_(limits.max_udp_transfers), visitor_(*this) {}

OpenTransfer* TransferTracker::find(OpenTransfers& transfers, std::uint16_t id) {
  const auto found = std::ranges::find(transfers.open, id, &OpenTransfer::id);
  return found == transfers.open.end() ? nullptr : &*found;
}

void TransferTracker::query(OpenTransfers& transfers, const Path& path, Moment moment, const TransferRequest& request) {
  if (const OpenTransfer* same = find(transfers, request.id)) {  // the client gave up the old one and reuses its id
    tell_failed(*same, path, moment, TransferFailure::closed_early, {});
    forget(transfers, *same);
  }
  const bool certain = request.certain && !transfers.may_be_unfinished(request.id);
  if (open_ >= limits_.max_transfers || transfers.open.size() >= limits_.max_transfers_of_connection) {
    ++counters_.transfers_evicted;
    transfers.leave_unfinished(request.id);
    return;
  }
  // Most connections carry one transfer: no room is made ahead.
  if (transfers.open.empty()) transfers.open.reserve(1);
  transfers.open.push_back(opened(request, moment));
  transfers.open.back().certain = certain;
  const auto ended = std::remove(transfers.ended.begin(), transfers.ended.begin() + transfers.ended_count, request.id);
  transfers.ended_count = static_cast<std::uint8_t>(ended - transfers.ended.begin());
  ++open_;
}

void TransferTracker::begin_message(OpenTransfer& transfer, const Header& header) {
  if (header.rcode() == kRcodeNoError) return;
  transfer.failed_answer = true;
  transfer.rcode = header.rcode();
}

RecordVisitor& TransferTracker::visitor(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  visitor_.aim(transfer, path, moment, message);
  return visitor_;
}

void TransferTracker::Visitor::aim(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  transfer_ = &transfer;
  path_ = path;
  moment_ = moment;
  message_ = message;
}

void TransferTracker::Visitor::plain_records(std::uint64_t count) {
  tracker_.counters_.records_walked += count;
  if (!transfer_->failed_answer) transfer_->progress.plain_records(count);
}

void TransferTracker::Visitor::record(Section section, std::uint16_t type, Bytes rdata) {
  if (type == kTypeTsig) {
    if (section == Section::additional) transfer_->tsig_error = read_tsig_error(rdata).value_or(0);
    return;
  }
  ++tracker_.counters_.records_walked;
  if (transfer_->failed_answer) return;
  const auto soa = read_soa(rdata, 0, rdata.size());
  if (!soa) {
    transfer_->malformed = true;
    return;
  }
  transfer_->progress.soa(soa->serial);
  const bool begun = transfer_->progress.first_serial().has_value();
  if (begun && !transfer_->started_told) tracker_.tell_started(*transfer_, path_, moment_, message_);
}

void TransferTracker::tell_started(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  // The middle of an incremental answer may look like a beginning: nothing is said of what may be one.
  if (!transfer.certain) return;
  transfer.started_told = true;
  transfer.last_packet = moment.time;
  ++counters_.transfers_started;
  sink_.transfer(path, moment, transfer.zone, body_of(transfer, TransferPhase::started), message);
}

void TransferTracker::tell_completed(const OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  if (!transfer.certain) return tell_failed(transfer, path, moment, TransferFailure::capture_gap, message);
  ++counters_.transfers_completed;
  Transfer body = body_of(transfer, TransferPhase::completed);
  body.last_serial = body.first_serial;
  sink_.transfer(path, moment, transfer.zone, std::move(body), message);
}

void TransferTracker::tell_failed(const OpenTransfer& transfer, const Path& path, Moment moment,
                                  TransferFailure failure, Bytes message) {
  ++counters_.transfers_failed;
  Transfer body = body_of(transfer, TransferPhase::failed);
  body.failure = transfer.certain || is_denied(transfer) ? failure : TransferFailure::capture_gap;
  if (!transfer.certain) body.first_serial.reset();
  sink_.transfer(path, moment, transfer.zone, std::move(body), message);
}

bool TransferTracker::conclude(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  using State = TransferProgress::State;
  if (is_denied(transfer)) {
    tell_failed(transfer, path, moment, failure_of(transfer), message);
    return true;
  }
  const bool empty = transfer.progress.records() == 0;
  if (transfer.malformed || empty || transfer.progress.state() == State::malformed) {
    tell_failed(transfer, path, moment, TransferFailure::malformed, message);
    return true;
  }
  if (transfer.progress.state() == State::open && transfer.progress.is_up_to_date())
    transfer.progress.conclude_lone_soa();
  if (transfer.progress.state() != State::completed) return false;
  tell_completed(transfer, path, moment, message);
  return true;
}

void TransferTracker::message_ended(OpenTransfers& transfers, const Path& path, Moment moment, const OpenTransfer& of,
                                    std::uint32_t length, bool well_formed, Bytes message) {
  OpenTransfer& transfer = transfers.open[static_cast<std::size_t>(&of - transfers.open.data())];
  ++counters_.transfer_messages;
  ++transfer.messages;
  transfer.bytes += length;
  transfer.last_packet = moment.time;
  if (!well_formed) transfer.malformed = true;
  if (conclude(transfer, path, moment, message)) forget(transfers, transfer);
}

void TransferTracker::lost(OpenTransfers& transfers, const Path& path, Moment moment, std::optional<std::uint16_t> id) {
  for (std::size_t i = transfers.open.size(); i-- > 0;) {
    if (id && transfers.open[i].id != *id) continue;
    tell_failed(transfers.open[i], path, moment, TransferFailure::capture_gap, {});
    forget(transfers, transfers.open[i]);
  }
}

void TransferTracker::ended(OpenTransfers& transfers, const Path& path, Moment moment, TransferFailure failure,
                            bool in_message) {
  for (OpenTransfer& transfer : transfers.open) {
    const bool lone = transfer.progress.is_lone_soa() && transfer.asked != TransferQuery::axfr && !transfer.malformed &&
                      transfer.messages > 0 && !in_message;
    const bool regular = failure == TransferFailure::closed_early || failure == TransferFailure::idle_timeout;
    if (lone && regular) {
      transfer.progress.conclude_lone_soa();
      tell_completed(transfer, path, moment, {});
    } else {
      tell_failed(transfer, path, moment, failure, {});
    }
  }
  abandon(transfers);
}

void TransferTracker::give_up(OpenTransfers& transfers, std::uint16_t id) {
  if (const OpenTransfer* transfer = find(transfers, id)) {
    forget(transfers, *transfer);
  } else if (!transfers.has_ended(id)) {
    transfers.leave_unfinished(id);
  }
}

void TransferTracker::abandon(OpenTransfers& transfers) {
  open_ -= static_cast<std::uint32_t>(transfers.open.size());
  transfers = {};
}

void TransferTracker::forget(OpenTransfers& transfers, const OpenTransfer& transfer) {
  if (!is_finished(transfer)) transfers.leave_unfinished(transfer.id);
  std::shift_right(transfers.ended.begin(), transfers.ended.end(), 1);
  transfers.ended[0] = transfer.id;
  transfers.ended_count =
      static_cast<std::uint8_t>(std::min<std::size_t>(transfers.ended_count + 1U, OpenTransfers::kRemembered));
  transfers.open.erase(transfers.open.begin() + (&transfer - transfers.open.data()));
  if (transfers.open.empty()) transfers.open = {};
  --open_;
}

TransferTracker::UdpTransfer* TransferTracker::find_udp(const Path& path, std::uint16_t id) {
  return udp_.find(hash_of(path, id), [&](const UdpTransfer& entry) {
    return entry.server == path.source && entry.client == path.destination && entry.transfer.id == id;
  });
}

TransferTracker::UdpTransfer& TransferTracker::insert_udp(const Path& path, OpenTransfer transfer) {
  if (udp_.full()) {
    if (!udp_.oldest()->ended) ++counters_.transfers_evicted;
    udp_.erase(*udp_.oldest());
  }
  const std::uint64_t hash = hash_of(path, transfer.id);
  return udp_.insert(hash, {std::move(transfer), path.source, path.destination});
}

bool TransferTracker::is_copy(const UdpTransfer& entry, Moment moment, std::string_view zone) const {
  return entry.ended && entry.transfer.zone == zone &&
         moment.time - entry.transfer.last_packet < limits_.duplicate_window;
}

void TransferTracker::udp_query(const Path& path, Moment moment, const TransferRequest& request) {
  if (UdpTransfer* same = find_udp(path, request.id)) {
    const bool retry = !same->ended && same->transfer.zone == request.zone;
    if (retry || is_copy(*same, moment, request.zone)) return;  // or a mirror port's copy
    udp_.erase(*same);
  }
  insert_udp(path, opened(request, moment));
}

void TransferTracker::udp_answer(const Path& path, Moment moment, const Header& header, const TransferRequest& question,
                                 Bytes records, Bytes message, bool snapped) {
  ++counters_.transfer_messages;
  UdpTransfer* entry = find_udp(path, header.id);
  if (entry != nullptr && is_copy(*entry, moment, question.zone)) {
    ++counters_.transfer_duplicates;
    return;
  }
  if (entry == nullptr) {
    entry = &insert_udp(path, opened(question, moment));
  } else if (entry->ended || entry->transfer.zone != question.zone) {
    entry->transfer = opened(question, moment);
  }
  OpenTransfer transfer = std::exchange(entry->transfer, opened(question, moment));
  entry->ended = true;
  udp_.touch(*entry);
  begin_message(transfer, header);
  RecordWalker walker;
  walker.begin(header);
  const bool whole = walker.feed(records, visitor(transfer, path, moment, message)) && walker.complete();
  if (!whole && !snapped) transfer.malformed = true;
  transfer.snapped = snapped;
  transfer.messages = 1;
  transfer.bytes = message.size();
  transfer.last_packet = moment.time;
  transfer.truncated = header.truncated();
  conclude_udp(transfer, path, moment, message);
}

// One datagram is all there is: a lone SOA means up to date, or that the answer needs TCP (RFC 1995 section 2).
void TransferTracker::conclude_udp(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message) {
  const bool answered = !transfer.failed_answer && transfer.tsig_error == 0 && !transfer.malformed;
  if (answered && !transfer.snapped && transfer.progress.is_lone_soa()) transfer.progress.conclude_lone_soa();
  if (answered && transfer.progress.state() == TransferProgress::State::open) {
    const TransferFailure failure = transfer.snapped     ? TransferFailure::capture_gap
                                    : transfer.truncated ? TransferFailure::truncated
                                                         : TransferFailure::malformed;
    return tell_failed(transfer, path, moment, failure, message);
  }
  conclude(transfer, path, moment, message);
}

void TransferTracker::advance(Timestamp now) {
  while (UdpTransfer* oldest = udp_.oldest()) {
    if (now - oldest->transfer.last_packet < limits_.udp_timeout) return;
    const Path path{oldest->server, oldest->client, Transport::udp};
    if (!oldest->ended) tell_failed(oldest->transfer, path, {now, 0}, TransferFailure::idle_timeout, {});
    udp_.erase(*oldest);
  }
}

}  // namespace zonelag::decoder
