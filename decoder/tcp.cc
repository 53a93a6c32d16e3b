#include "decoder/tcp.h"

#include <algorithm>
#include <utility>

#include "tcp_impl.h"

namespace zonelag::decoder {

namespace {

// Larger than any IP packet, jumbograms (RFC 2675) aside.
constexpr std::size_t kMaxSegment = 1U << 24;
// A client's first data can be acknowledged before it is captured, or without.
constexpr std::int32_t kFirstFlight = 65'535;
constexpr Duration kLongest{std::int64_t{1} << 61};  // so that sums of times do not overflow

bool has(const Segment& segment, std::uint8_t flag) { return (segment.flags & flag) != 0; }

bool accepts(const TcpSide& side, const Segment& segment) {
  if (has(segment, kSyn)) return side.is_untouched() || side.accepts(segment.sequence + 1);
  return side.accepts(segment.sequence);
}

TcpLimits checked(TcpLimits limits) {
  limits.max_connections = std::clamp<std::uint32_t>(limits.max_connections, 1, 1U << 30);
  for (Duration* timeout : {&limits.idle_timeout, &limits.connect_timeout, &limits.hole_timeout}) {
    *timeout = std::clamp(*timeout, Duration::zero(), kLongest);
  }
  return limits;
}

}  // namespace

const char* to_string(TcpEnd end) {
  switch (end) {
    case TcpEnd::closed: return "closed";
    case TcpEnd::reset: return "reset";
    case TcpEnd::refused: return "refused";
    case TcpEnd::connect_timeout: return "connect timeout";
    case TcpEnd::idle: return "idle";
    case TcpEnd::evicted: return "evicted";
    case TcpEnd::replaced: return "replaced";
    case TcpEnd::capture_end: return "capture end";
  }
  return "unknown";
}

TcpReassembler::Impl::Impl(TcpLimits limits, TcpSink& sink, std::vector<std::uint16_t> server_ports)
    : limits_(checked(limits)), sink_(sink), server_ports_(std::move(server_ports)) {}

void TcpReassembler::Impl::segment(const Segment& segment) {
  ++counters_.segments;
  advance(segment.time);
  if (segment.payload.size() > kMaxSegment || segment.missing > kMaxSegment) {
    ++counters_.out_of_window;
    return;
  }
  const Moment moment{.time = segment.time, .packet = segment.packet};
  std::uint32_t slot = table_.find(segment.source, segment.destination);
  if (slot != kNoSlot && starts_anew(table_[slot], segment)) {
    end(slot, TcpEnd::replaced, moment);
    slot = kNoSlot;
  }
  if (slot == kNoSlot) {
    if (!opens(segment)) {
      ++counters_.ignored;
      return;
    }
    slot = open(segment);
  }
  take(slot, segment);
  while (held_ > limits_.max_held_bytes) release_oldest(moment);
}

void TcpReassembler::Impl::finish() {
  for (std::uint32_t slot = 0; slot < table_.slots(); ++slot) {
    if (!table_[slot].in_use) continue;
    end(slot, TcpEnd::capture_end, {.time = clock_, .packet = table_[slot].last_packet});
  }
  ended_ = TcpEnded();
}

bool TcpReassembler::Impl::is_server_port(std::uint16_t port) const {
  return std::ranges::find(server_ports_, port) != server_ports_.end();
}

// Whether the segment's source is the server.
bool TcpReassembler::Impl::serves(const Segment& segment) const {
  const bool source = is_server_port(segment.source.port);
  if (source != is_server_port(segment.destination.port)) return source;
  return has(segment, kSyn) && has(segment, kAck);
}

// Whether a SYN begins another connection between the same endpoints.
bool TcpReassembler::Impl::starts_anew(const TcpSlot& slot, const Segment& segment) const {
  if (!has(segment, kSyn) || has(segment, kRst)) return false;
  const bool from_client = is_same(segment.source, slot.connection.client);
  const TcpSide& side = slot.sides[from_client ? 0 : 1];
  if (!side.is_placed() || segment.sequence + 1 == side.start()) return false;
  if (!has(segment, kAck)) return true;
  // SYN cookies (RFC 4987 section 3.6): the answer to a repeated SYN may have another number.
  return !slot.sides[from_client ? 1 : 0].is_answered_by(segment.acknowledgement, 0);
}

bool TcpReassembler::Impl::opens(const Segment& segment) const {
  if (has(segment, kRst)) return false;
  const bool is_empty = segment.payload.empty() && segment.missing == 0;
  if (has(segment, kFin) && is_empty && !has(segment, kSyn)) return false;
  return !ended_.is_late(segment, clock_);
}

std::uint32_t TcpReassembler::Impl::open(const Segment& segment) {
  make_room({.time = segment.time, .packet = segment.packet});
  const bool reply = serves(segment);
  const Endpoint& client = reply ? segment.destination : segment.source;
  const Endpoint& server = reply ? segment.source : segment.destination;
  const std::uint32_t index = table_.insert(client, server);
  activity_.reserve(table_.slots());
  gaps_.reserve(table_.slots());
  holding_.reserve(table_.slots());
  TcpSlot& slot = table_[index];
  const bool is_first = has(segment, kSyn) && !has(segment, kAck);
  slot.connection.first_packet = segment.time;
  slot.last_packet = segment.packet;
  slot.stamp = clock_;
  slot.phase = is_first ? TcpPhase::connecting : TcpPhase::opening;
  activity_.put_last(list_of(slot.phase), index);
  expect(clock_, timeout_of(slot.phase));
  ++waiting_;
  ++counters_.connections;
  if (!is_first) ++counters_.connections_half_seen;
  sink_.tcp_started(slot.connection);
  return index;
}

// The least recently active goes. But attempts may not push out what is open: together they get half the table.
void TcpReassembler::Impl::make_room(Moment moment) {
  if (table_.size() < limits_.max_connections) return;
  const bool too_many_wait = waiting_ > 0 && waiting_ >= (limits_.max_connections + 1) / 2;
  std::uint32_t oldest = kNoSlot;
  for (const TcpPhase phase : {TcpPhase::connecting, TcpPhase::opening, TcpPhase::open}) {
    if (too_many_wait && phase == TcpPhase::open) break;
    const std::uint32_t front = activity_.front(list_of(phase));
    if (front == SlotChain::kEmpty) continue;
    if (oldest == kNoSlot || table_[front].stamp < table_[oldest].stamp) oldest = front;
  }
  ++counters_.connections_evicted;
  end(oldest, TcpEnd::evicted, moment);
}

void TcpReassembler::Impl::end(std::uint32_t index, TcpEnd why, Moment moment) {
  TcpSlot& slot = table_[index];
  for (const Side side : {Side::client, Side::server}) {
    slot.side(side).flush(outlet(slot, side, moment), slot.side(other(side)));
  }
  sink_.tcp_ended(slot.connection, why, moment);
  if (why == TcpEnd::closed || why == TcpEnd::reset || why == TcpEnd::refused) ended_.remember(slot, clock_);
  activity_.remove(index);
  gaps_.remove(index);
  holding_.remove(index);
  if (slot.phase != TcpPhase::open) --waiting_;
  table_.erase(index);
}

void TcpReassembler::Impl::take(std::uint32_t index, const Segment& segment) {
  TcpSlot& slot = table_[index];
  const Side from = is_same(segment.source, slot.connection.client) ? Side::client : Side::server;
  if (has(segment, kRst)) return take_reset(index, from, segment);
  const bool belongs =
      accepts(slot.side(from), segment) && take_acknowledgement(slot, from, segment) && take_syn(slot, from, segment);
  if (!belongs) {
    ++counters_.out_of_window;
    return;
  }
  slot.side(from).see();
  take_payload(slot, from, segment);
  touch(index, segment);
  settle(index, {.time = segment.time, .packet = segment.packet});
}

void TcpReassembler::Impl::take_reset(std::uint32_t index, Side from, const Segment& segment) {
  TcpSlot& slot = table_[index];
  const TcpSide& peer = slot.side(other(from));
  const Moment moment{.time = segment.time, .packet = segment.packet};
  if (slot.phase == TcpPhase::connecting && !slot.side(from).is_seen()) {
    // RFC 9293 section 3.10.7.3: in SYN-SENT a RST counts if it acknowledges the SYN.
    if (has(segment, kAck) && peer.is_answered_by(segment.acknowledgement, 0)) {
      return end(index, TcpEnd::refused, moment);
    }
  } else if (slot.side(from).accepts_reset(segment.sequence, peer)) {
    return end(index, TcpEnd::reset, moment);
  }
  ++counters_.out_of_window;
}

bool TcpReassembler::Impl::take_syn(TcpSlot& slot, Side from, const Segment& segment) {
  if (!has(segment, kSyn)) return true;
  TcpSide& side = slot.side(from);
  const std::uint32_t first = segment.sequence + 1;
  if (side.is_placed() && first != side.start() && !side.is_untouched()) return false;
  side.place_syn(first);
  return true;
}

// False when it acknowledges what cannot have been sent. Where nothing of the other side was seen yet, it tells where
// that side's stream is.
bool TcpReassembler::Impl::take_acknowledgement(TcpSlot& slot, Side from, const Segment& segment) {
  if (!has(segment, kAck)) return true;
  const TcpSide& side = slot.side(from);
  TcpSide& peer = slot.side(other(from));
  if (!peer.is_placed()) {
    // Before a client has sent its first byte, its server has sent nothing but a SYN.
    const bool is_start = has(segment, kSyn) || (side.is_at_known_start() && segment.sequence == side.start());
    peer.place(segment.acknowledgement, is_start);
    return true;
  }
  if (slot.phase == TcpPhase::connecting && peer.is_seen() &&
      !peer.is_answered_by(segment.acknowledgement, has(segment, kSyn) ? 0 : kFirstFlight)) {
    return false;
  }
  return peer.acknowledge(segment.acknowledgement);
}

void TcpReassembler::Impl::take_payload(TcpSlot& slot, Side from, const Segment& segment) {
  const auto captured = static_cast<std::uint32_t>(segment.payload.size());
  const std::uint32_t sequence = segment.sequence + (has(segment, kSyn) ? 1 : 0);
  TcpSide& side = slot.side(from);
  const bool is_fin = has(segment, kFin);
  if (captured == 0 && segment.missing == 0 && !is_fin) {
    if (side.is_probe(sequence, 0)) ++counters_.ignored;
    return;
  }
  if (!side.is_placed()) side.place(sequence, false);
  if (!is_fin && side.is_probe(sequence, captured + segment.missing)) {
    ++counters_.ignored;
    return;
  }
  const TcpOutlet out = outlet(slot, from, {.time = segment.time, .packet = segment.packet});
  if (captured > 0) side.take(out, {.sequence = sequence, .length = captured, .bytes = segment.payload.data()});
  if (segment.missing > 0) side.take(out, {.sequence = sequence + captured, .length = segment.missing});
  if (is_fin) side.take_fin(out, sequence + captured + segment.missing);
}

void TcpReassembler::Impl::touch(std::uint32_t index, const Segment& segment) {
  TcpSlot& slot = table_[index];
  slot.last_packet = segment.packet;
  if (slot.phase != TcpPhase::open) {
    if (has(segment, kSyn) && !has(segment, kAck) && slot.phase == TcpPhase::connecting) return;
    const bool carries = !segment.payload.empty() || segment.missing > 0 || has(segment, kFin);
    const bool both = slot.sides[0].is_seen() && slot.sides[1].is_seen();
    const bool is_open = !has(segment, kSyn) && (carries || both);
    slot.phase = is_open ? TcpPhase::open : TcpPhase::opening;
    if (is_open) --waiting_;
    expect(clock_, limits_.idle_timeout);
  }
  slot.stamp = clock_;
  activity_.put_last(list_of(slot.phase), index);
}

TcpReassembler::TcpReassembler(TcpLimits limits, TcpSink& sink, std::vector<std::uint16_t> server_ports)
    : impl_(std::make_unique<Impl>(limits, sink, std::move(server_ports))) {}
TcpReassembler::~TcpReassembler() = default;

void TcpReassembler::segment(const Segment& segment) { impl_->segment(segment); }
void TcpReassembler::advance(Timestamp now) { impl_->advance(now); }
void TcpReassembler::finish() { impl_->finish(); }
const TcpCounters& TcpReassembler::counters() const { return impl_->counters(); }
std::uint32_t TcpReassembler::open_connections() const { return impl_->open_connections(); }
std::size_t TcpReassembler::held_bytes() const { return impl_->held_bytes(); }

}  // namespace zonelag::decoder
