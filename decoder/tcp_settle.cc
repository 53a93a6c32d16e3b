// Holes, limits and time of a TcpReassembler.
#include <algorithm>

#include "tcp_impl.h"

namespace zonelag::decoder {

namespace {

// A step back of this size is another clock or another capture, not packets out of order.
constexpr Duration kClockStep = std::chrono::minutes(10);

}  // namespace

void TcpReassembler::Impl::advance(Timestamp now) {
  now = std::clamp(now, kEarliest, kLatest);
  if (now < clock_ && clock_ - now <= kClockStep) return;
  if (now < clock_) next_due_ = now;  // what is stamped with the other clock is over
  clock_ = now;
  if (clock_ >= next_due_) run_due();
}

TcpOutlet TcpReassembler::Impl::outlet(const TcpSlot& slot, Side from, Moment moment) {
  return {.sink = sink_,
          .counters = counters_,
          .held = held_,
          .connection = slot.connection,
          .from = from,
          .moment = moment};
}

// After every change: gives up the holes that are final, notes those that may become so, ends what is closed.
void TcpReassembler::Impl::settle(std::uint32_t index, Moment moment) {
  TcpSlot& slot = table_[index];
  if (slot.sides[0].is_quiet() && slot.sides[1].is_quiet() && !slot.has_gap && !slot.holds) return;
  const bool new_client_gap = settle_side(slot, Side::client, moment);
  const bool new_server_gap = settle_side(slot, Side::server, moment);
  const bool new_gap = new_client_gap || new_server_gap;
  const TcpSide& client = slot.sides[0];
  const TcpSide& server = slot.sides[1];
  if (client.is_finished() && server.is_finished()) return end(index, TcpEnd::closed, moment);
  const bool has_gap = client.has_gap() || server.has_gap();
  if (!has_gap && slot.has_gap) gaps_.remove(index);
  if (new_gap && (!slot.has_gap || client.has_gap() != server.has_gap())) {
    gaps_.put_last(0, index);
    expect(clock_, limits_.hole_timeout);
  }
  slot.has_gap = has_gap;
  const bool holds = client.is_holding() || server.is_holding();
  if (holds == slot.holds) return;
  if (holds) {
    holding_.put_last(0, index);
  } else {
    holding_.remove(index);
  }
  slot.holds = holds;
}

bool TcpReassembler::Impl::settle_side(TcpSlot& slot, Side which, Moment moment) {
  TcpSide& side = slot.side(which);
  const TcpSide& peer = slot.side(other(which));
  if (side.is_holding()) {
    const TcpOutlet out = outlet(slot, which, moment);
    side.give_up_acknowledged(out, peer, limits_.max_held_bytes_of_side / 4);
    while (side.held_cost() > limits_.max_held_bytes_of_side) {
      ++counters_.held_evicted;
      side.give_up_first(out);
    }
  }
  return side.watch(peer, clock_);
}

// All connections together hold too much: the oldest hole is the least likely to be filled.
void TcpReassembler::Impl::release_oldest(Moment moment) {
  const std::uint32_t index = holding_.front(0);
  TcpSlot& slot = table_[index];
  const Side side = slot.sides[0].is_holding() ? Side::client : Side::server;
  ++counters_.held_evicted;
  slot.side(side).give_up_first(outlet(slot, side, moment));
  settle(index, moment);
}

void TcpReassembler::Impl::close_gaps(std::uint32_t index) {
  TcpSlot& slot = table_[index];
  const Moment moment = deadline(slot, oldest_gap(slot), limits_.hole_timeout);
  for (const Side which : {Side::client, Side::server}) {
    TcpSide& side = slot.side(which);
    if (!side.has_gap() || !is_over(side.gap_since(), limits_.hole_timeout)) continue;
    side.give_up_gap(outlet(slot, which, moment), slot.side(other(which)));
  }
  gaps_.put_last(0, index);
  settle(index, moment);
}

Timestamp TcpReassembler::Impl::oldest_gap(const TcpSlot& slot) const {
  Timestamp oldest = kLatest;
  for (const TcpSide& side : slot.sides) {
    if (side.has_gap()) oldest = std::min(oldest, side.gap_since());
  }
  return oldest;
}

bool TcpReassembler::Impl::is_over(Timestamp since, Duration timeout) const {
  return clock_ - since >= timeout || since - clock_ > kClockStep;
}

Duration TcpReassembler::Impl::timeout_of(TcpPhase phase) const {
  return phase == TcpPhase::connecting ? limits_.connect_timeout : limits_.idle_timeout;
}

// When something was over, however late a packet let us notice; never before what the connection has already told.
Moment TcpReassembler::Impl::deadline(const TcpSlot& slot, Timestamp since, Duration timeout) const {
  return {.time = std::min(std::max(since + timeout, slot.stamp), clock_), .packet = slot.last_packet};
}

void TcpReassembler::Impl::run_due() {
  next_due_ = kLatest;
  for (std::uint32_t index = 0; (index = gaps_.front(0)) != SlotChain::kEmpty;) {
    const Timestamp since = oldest_gap(table_[index]);
    if (!is_over(since, limits_.hole_timeout)) {
      expect(since, limits_.hole_timeout);
      break;
    }
    close_gaps(index);
  }
  for (const TcpPhase phase : {TcpPhase::connecting, TcpPhase::opening, TcpPhase::open}) {
    const TcpEnd why = phase == TcpPhase::connecting ? TcpEnd::connect_timeout : TcpEnd::idle;
    for (std::uint32_t index = 0; (index = activity_.front(list_of(phase))) != SlotChain::kEmpty;) {
      const TcpSlot& slot = table_[index];
      if (!is_over(slot.stamp, timeout_of(phase))) {
        expect(slot.stamp, timeout_of(phase));
        break;
      }
      end(index, why, deadline(slot, slot.stamp, timeout_of(phase)));
    }
  }
}

}  // namespace zonelag::decoder
