#include "tcp_side.h"

#include <algorithm>

namespace zonelag::decoder {

void TcpSide::place(std::uint32_t sequence, bool is_start) {
  placed_ = true;
  start_unknown_ = !is_start;
  start_ = next_ = acked_ = highest_ = sequence;
}

void TcpSide::place_syn(std::uint32_t sequence) {
  if (!placed_ || sequence != start_) return place(sequence, true);
  if (next_ == start_) start_unknown_ = false;
}

bool TcpSide::accepts(std::uint32_t sequence) const {
  if (!placed_) return true;
  const std::int32_t ahead = distance(next_, sequence);
  return ahead >= -kMaxWindow && ahead <= kMaxWindow;
}

bool TcpSide::accepts_reset(std::uint32_t sequence, const TcpSide& peer) const {
  if (!placed_) return true;
  // A host without the connection answers with the number that it was sent as an acknowledgement (RFC 9293 section
  // 3.5.2), which may be older than what it has sent itself.
  const std::uint32_t lowest = peer.seen_ && is_before(acked_, next_) ? acked_ : next_;
  return distance(lowest, sequence) >= 0 && distance(later(highest_, acked_), sequence) <= kResetWindow;
}

bool TcpSide::is_answered_by(std::uint32_t ack, std::int32_t slack) const {
  return placed_ && distance(start_, ack) >= 0 && distance(highest_, ack) <= slack;
}

bool TcpSide::acknowledge(std::uint32_t ack) {
  const std::int32_t ahead = distance(next_, ack);
  if (ahead < -kMaxWindow || ahead > kMaxWindow) return false;
  acked_ = later(acked_, ack);
  return true;
}

void TcpSide::take(const TcpOutlet& out, TcpPiece piece) {
  if (!clip(out, piece)) return;
  const std::int32_t ahead = distance(next_, piece.sequence);
  if (ahead > 0) return hold(out, piece);
  if (ahead == 0 && !held_) {
    deliver(out, piece);
  } else {
    merge(out, piece);
  }
  deliver_fin(out);
}

// A FIN ends the stream: what is behind it is not this connection's.
bool TcpSide::clip(const TcpOutlet& out, TcpPiece& piece) const {
  if (!fin_known_) return piece.length > 0;
  const std::int32_t room = distance(piece.sequence, fin_);
  if (room >= 0 && piece.length <= static_cast<std::uint32_t>(room)) return piece.length > 0;
  ++out.counters.out_of_window;
  piece.length = room > 0 ? static_cast<std::uint32_t>(room) : 0;
  return piece.length > 0;
}

// A piece that begins at or before next_. Where it overlaps what is held, the held copy came first and wins.
void TcpSide::merge(const TcpOutlet& out, TcpPiece piece) {
  while (true) {
    const auto known = std::min(piece.length, static_cast<std::uint32_t>(distance(piece.sequence, next_)));
    out.counters.duplicate_bytes += known;
    piece.drop_front(known);
    if (piece.length == 0) return;
    TcpPiece part = piece;
    if (held_) part.length = std::min(part.length, held_->first() - next_);
    deliver(out, part);
    piece.drop_front(part.length);
    drain(out);
  }
}

void TcpSide::hold(const TcpOutlet& out, TcpPiece piece) {
  if (!held_) held_ = std::make_unique<TcpHeld>();
  out.held -= held_->cost();
  const std::uint32_t known = held_->insert(piece);
  out.held += held_->cost();
  out.counters.duplicate_bytes += known;
  if (known < piece.length) ++out.counters.out_of_order;
  highest_ = later(highest_, piece.end());
}

void TcpSide::drain(const TcpOutlet& out) {
  while (held_ && held_->first() == next_) {
    out.held -= held_->cost();
    const TcpHeld::Kept kept = held_->take_first();
    out.held += held_->cost();
    if (held_->empty()) held_.reset();
    deliver(out, {.sequence = next_, .length = kept.length, .bytes = kept.bytes.get()});
  }
}

void TcpSide::deliver(const TcpOutlet& out, const TcpPiece& piece) {
  if (piece.bytes == nullptr) return skip_to(out, piece.end());
  if (start_unknown_) {
    start_unknown_ = false;
    out.sink.tcp_hole(out.connection, out.from, out.moment, 0);
  }
  next_ += piece.length;
  highest_ = later(highest_, next_);
  if (distance(acked_, next_) > kMaxWindow) acked_ = next_ - static_cast<std::uint32_t>(kMaxWindow);
  out.counters.bytes += piece.length;
  out.sink.tcp_data(out.connection, out.from, out.moment, {piece.bytes, piece.length});
}

void TcpSide::skip_to(const TcpOutlet& out, std::uint32_t sequence) {
  if (start_unknown_) {
    start_unknown_ = false;
    out.sink.tcp_hole(out.connection, out.from, out.moment, 0);
  }
  const std::uint32_t length = sequence - next_;
  next_ = sequence;
  highest_ = later(highest_, next_);
  if (distance(acked_, next_) > kMaxWindow) acked_ = next_ - static_cast<std::uint32_t>(kMaxWindow);
  ++out.counters.holes;
  out.counters.hole_bytes += length;
  out.sink.tcp_hole(out.connection, out.from, out.moment, length);
}

void TcpSide::take_fin(const TcpOutlet& out, std::uint32_t sequence) {
  if (finished_ || (fin_known_ && !is_before(sequence, fin_))) return;
  if (is_before(sequence, highest_)) {  // data was seen behind it
    ++out.counters.out_of_window;
    return;
  }
  fin_known_ = true;
  fin_ = sequence;
  deliver_fin(out);
}

void TcpSide::deliver_fin(const TcpOutlet& out) {
  if (!fin_known_ || finished_ || next_ != fin_) return;
  finished_ = true;
  out.sink.tcp_fin(out.connection, out.from, out.moment);
}

void TcpSide::give_up_first(const TcpOutlet& out) {
  skip_to(out, held_->first());
  drain(out);
  deliver_fin(out);
}

void TcpSide::give_up_acknowledged(const TcpOutlet& out, const TcpSide& peer, std::size_t enough) {
  if (!peer.seen_) return;
  const auto wanted = static_cast<std::int32_t>(std::min<std::size_t>(enough, kMaxWindow));
  while (held_ && distance(held_->first(), horizon(peer)) >= wanted) give_up_first(out);
}

void TcpSide::give_up_gap(const TcpOutlet& out, const TcpSide& peer) {
  has_gap_ = false;
  give_up(out, gap_end_, peer);
}

void TcpSide::give_up(const TcpOutlet& out, std::uint32_t end, const TcpSide& peer) {
  if (fin_known_ && is_before(fin_, end)) end = fin_;  // the FIN came after the gap was noticed
  while (held_ && is_before(held_->first(), end)) give_up_first(out);
  if (is_lost_fin(end)) {
    if (peer.fin_known_) take_fin(out, next_);
  } else if (is_before(next_, end)) {
    skip_to(out, end);
    drain(out);
  }
  deliver_fin(out);
}

void TcpSide::flush(const TcpOutlet& out, const TcpSide& peer) {
  has_gap_ = false;
  while (held_) give_up_first(out);
  if (!placed_ || !seen_ || finished_) return;
  give_up(out, fin_known_ ? fin_ : horizon(peer), peer);
}

bool TcpSide::watch(const TcpSide& peer, Timestamp now) {
  const std::uint32_t end = horizon(peer);
  const bool has_gap =
      placed_ && seen_ && !finished_ && is_before(next_, end) && (!is_lost_fin(end) || peer.fin_known_);
  if (has_gap && has_gap_ && is_before(next_, gap_end_)) return false;  // it was there before
  has_gap_ = has_gap;
  gap_end_ = end;
  gap_since_ = now;
  return has_gap;
}

// What is missing before it was lost by the capture, not by the network. Where no packet of the peer is captured at
// all, nothing acknowledges; there, what the sender has gone beyond has to do.
std::uint32_t TcpSide::horizon(const TcpSide& peer) const {
  if (!peer.seen_) return fin_known_ ? fin_ : highest_;
  return fin_known_ && is_before(fin_, acked_) ? fin_ : acked_;
}

// One byte acknowledged that never came, and nothing behind it: far more likely a FIN than data.
bool TcpSide::is_lost_fin(std::uint32_t end) const { return !fin_known_ && !held_ && end - next_ == 1; }

}  // namespace zonelag::decoder
