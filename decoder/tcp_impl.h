// The inside of TcpReassembler: tcp.cc takes segments, tcp_settle.cc has holes, limits and time.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/tcp.h"
#include "slot_chain.h"
#include "tcp_ended.h"
#include "tcp_table.h"

namespace zonelag::decoder {

class TcpReassembler::Impl {
 public:
  Impl(TcpLimits limits, TcpSink& sink, std::vector<std::uint16_t> server_ports);

  void segment(const Segment& segment);
  void advance(Timestamp now);
  void finish();

  const TcpCounters& counters() const { return counters_; }
  std::uint32_t open_connections() const { return table_.size(); }
  std::size_t held_bytes() const { return held_; }

 private:
  // Opening and ending.
  bool is_server_port(std::uint16_t port) const;
  bool serves(const Segment& segment) const;
  bool starts_anew(const TcpSlot& slot, const Segment& segment) const;
  bool opens(const Segment& segment) const;
  std::uint32_t open(const Segment& segment);
  void make_room(Moment moment);
  void end(std::uint32_t slot, TcpEnd why, Moment moment);

  // One segment of a known connection.
  void take(std::uint32_t slot, const Segment& segment);
  void take_reset(std::uint32_t slot, Side from, const Segment& segment);
  bool take_syn(TcpSlot& slot, Side from, const Segment& segment);
  bool take_acknowledgement(TcpSlot& slot, Side from, const Segment& segment);
  void take_payload(TcpSlot& slot, Side from, const Segment& segment);
  void touch(std::uint32_t slot, const Segment& segment);

  // Holes, limits and time.
  TcpOutlet outlet(const TcpSlot& slot, Side from, Moment moment);
  void settle(std::uint32_t slot, Moment moment);
  bool settle_side(TcpSlot& slot, Side which, Moment moment);
  void release_oldest(Moment moment);
  void close_gaps(std::uint32_t slot);
  Timestamp oldest_gap(const TcpSlot& slot) const;
  bool is_over(Timestamp since, Duration timeout) const;
  Duration timeout_of(TcpPhase phase) const;
  static std::uint32_t list_of(TcpPhase phase) { return static_cast<std::uint32_t>(phase); }
  Moment deadline(const TcpSlot& slot, Timestamp since, Duration timeout) const;
  void expect(Timestamp since, Duration timeout) { next_due_ = std::min(next_due_, since + timeout); }
  void run_due();

  // Times beyond these are taken for these, so that sums and differences of times do not overflow.
  static constexpr Timestamp kEarliest{};
  static constexpr Timestamp kLatest{Duration(std::int64_t{1} << 62)};

  const TcpLimits limits_;
  TcpSink& sink_;
  const std::vector<std::uint16_t> server_ports_;

  TcpTable table_;
  TcpEnded ended_;
  SlotChain activity_{3};      // one list for each TcpPhase, by stamp
  SlotChain gaps_{1};          // by the time the gap was noticed
  SlotChain holding_{1};       // by the time the first byte was held
  std::uint32_t waiting_ = 0;  // connections not open
  std::size_t held_ = 0;
  TcpCounters counters_;
  Timestamp clock_;               // event time: the latest seen
  Timestamp next_due_ = kLatest;  // nothing is due before
};

}  // namespace zonelag::decoder
