// One direction of a TCP connection: what was delivered, what is held behind a hole, what the peer has acknowledged.
// Everything it has to tell goes through a TcpOutlet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "decoder/tcp.h"
#include "tcp_held.h"

namespace zonelag::decoder {

// No window is larger (RFC 7323 section 2.3): what is further away cannot belong to the connection.
inline constexpr std::int32_t kMaxWindow = 1 << 30;
// How far ahead of everything seen a RST may be. The receiver's window is not known here, and RFC 5961 section 3.2
// wants the exact number, which a capture that lost the last segments does not know.
inline constexpr std::int32_t kResetWindow = 65'535;

// Where the bytes of one side go, and on whose account.
struct TcpOutlet {
  TcpSink& sink;
  TcpCounters& counters;
  std::size_t& held;  // cost of all that is held by all connections
  const TcpConnection& connection;
  Side from;
  Moment moment;
};

class TcpSide {
 public:
  // Whether the sequence number of the next byte is known.
  bool is_placed() const { return placed_; }
  bool is_seen() const { return seen_; }
  bool is_fin_known() const { return fin_known_; }
  bool is_finished() const { return finished_; }
  bool is_untouched() const { return next_ == start_ && !held_ && !fin_known_; }
  bool is_at_known_start() const { return placed_ && !start_unknown_ && next_ == start_; }
  bool is_holding() const { return held_ != nullptr; }
  std::uint32_t start() const { return start_; }
  std::size_t held_cost() const { return held_ ? held_->cost() : 0; }

  // Nothing held, missing or ending: nearly always.
  bool is_quiet() const {
    return !held_ && !has_gap_ && !fin_known_ && !is_before(next_, acked_) && !is_before(next_, highest_);
  }

  void see() { seen_ = true; }
  // `sequence` is the next byte's. Unless it is the connection's very first, the first data follows a hole of
  // unknown length.
  void place(std::uint32_t sequence, bool is_start);
  // `sequence` is what follows a SYN. Places anew unless the number is the same: then the start is known now.
  void place_syn(std::uint32_t sequence);

  bool accepts(std::uint32_t sequence) const;
  // A keep-alive or a window probe: at most one byte, the one before the next (RFC 9293 section 3.8.4).
  bool is_probe(std::uint32_t sequence, std::uint32_t length) const {
    return placed_ && next_ - sequence == 1 && length <= 1;
  }
  bool accepts_reset(std::uint32_t sequence, const TcpSide& peer) const;
  // Whether `ack` answers this side's SYN: its ISN + 1, up to `slack` bytes beyond what was seen.
  bool is_answered_by(std::uint32_t ack, std::int32_t slack) const;
  // The peer has acknowledged all before `ack`. False: it cannot have.
  bool acknowledge(std::uint32_t ack);

  void take(const TcpOutlet& out, TcpPiece piece);
  // `sequence` is the FIN's own.
  void take_fin(const TcpOutlet& out, std::uint32_t sequence);

  // Gives up the first hole in front of held bytes.
  void give_up_first(const TcpOutlet& out);
  // Gives up all holes behind which the peer has acknowledged `enough` bytes that are held.
  void give_up_acknowledged(const TcpOutlet& out, const TcpSide& peer, std::size_t enough);
  // The time of the watched gap is over.
  void give_up_gap(const TcpOutlet& out, const TcpSide& peer);
  // Nothing more will come: gives up all holes.
  void flush(const TcpOutlet& out, const TcpSide& peer);

  // A gap: bytes that the peer has got and we have not. Call watch() when something has changed; true when a gap is
  // new, and its time begins `now`.
  bool watch(const TcpSide& peer, Timestamp now);
  bool has_gap() const { return has_gap_; }
  Timestamp gap_since() const { return gap_since_; }

 private:
  std::uint32_t horizon(const TcpSide& peer) const;
  bool is_lost_fin(std::uint32_t end) const;
  void give_up(const TcpOutlet& out, std::uint32_t end, const TcpSide& peer);
  bool clip(const TcpOutlet& out, TcpPiece& piece) const;
  void merge(const TcpOutlet& out, TcpPiece piece);
  void hold(const TcpOutlet& out, TcpPiece piece);
  void drain(const TcpOutlet& out);
  void deliver(const TcpOutlet& out, const TcpPiece& piece);
  void skip_to(const TcpOutlet& out, std::uint32_t sequence);
  void deliver_fin(const TcpOutlet& out);

  std::uint32_t start_ = 0;    // of the first byte: ISN + 1, or where the capture found the stream
  std::uint32_t next_ = 0;     // to be delivered
  std::uint32_t acked_ = 0;    // by the peer; at most kMaxWindow behind next_
  std::uint32_t highest_ = 0;  // end of the furthest byte seen
  std::uint32_t fin_ = 0;      // sequence number of the FIN, never before highest_
  std::uint32_t gap_end_ = 0;  // how far the peer had acknowledged at gap_since_
  Timestamp gap_since_;
  std::unique_ptr<TcpHeld> held_;  // never empty; its first byte is never next_
  bool placed_ = false;
  bool seen_ = false;
  bool start_unknown_ = false;  // and not yet told
  bool fin_known_ = false;
  bool finished_ = false;
  bool has_gap_ = false;
};

}  // namespace zonelag::decoder
