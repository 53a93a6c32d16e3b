#include "live_time.h"

#include <algorithm>
#include <tuple>

namespace zonelag::aggregator {
namespace {

constexpr std::array kShown{EvidenceKind::announced, EvidenceKind::offered, EvidenceKind::served};

Basis basis_of(EvidenceKind kind) { return static_cast<Basis>(static_cast<std::uint8_t>(kind) + 1); }
static_assert(static_cast<std::uint8_t>(EvidenceKind::announced) + 1 == static_cast<std::uint8_t>(Basis::announced));
static_assert(static_cast<std::uint8_t>(EvidenceKind::received) + 1 == static_cast<std::uint8_t>(Basis::received));

std::uint32_t distance(Serial newer, Serial older) { return newer.value() - older.value(); }

// Earliest first, then the strongest kind.
auto rank(const Moment& moment) { return std::tuple(moment.fact.time, -static_cast<int>(moment.kind)); }

std::optional<Moment> earliest_shown(const EvidenceRow* row) {
  std::optional<Moment> earliest;
  if (row == nullptr) return earliest;
  for (const EvidenceKind kind : kShown) {
    const Moment moment{row->fact(kind), kind, row->serial};
    if (!moment.fact.seen()) continue;
    if (!earliest || rank(moment) < rank(*earliest)) earliest = moment;
  }
  return earliest;
}

std::optional<Moment> received_of(const EvidenceRow* row) {
  if (row == nullptr || !row->fact(EvidenceKind::received).seen()) return std::nullopt;
  return Moment{row->fact(EvidenceKind::received), EvidenceKind::received, row->serial};
}

// The node's own serial decides when both were seen at the same time.
std::optional<Moment> earlier(const std::optional<Moment>& own, const std::optional<Moment>& newer) {
  if (!own) return newer;
  if (!newer) return own;
  return newer->fact.time < own->fact.time ? newer : own;
}

}  // namespace

void Timeline::seal() {
  std::ranges::sort(moments_, {}, [](const Moment& m) { return std::tuple(rank(m), m.serial.value()); });
  blocks_.assign((moments_.size() + kBlock - 1) / kBlock, Range{});
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    Range& range = blocks_[i / kBlock];
    range.low = std::min(range.low, moments_[i].serial.value());
    range.high = std::max(range.high, moments_[i].serial.value());
  }
}

// The first position from `at` on with a serial newer than `serial`.
std::size_t Timeline::next_newer(Serial serial, std::size_t at) const {
  // Newer are serial+1 ... serial+2^31-1; on the circle, so perhaps around its end.
  const std::uint32_t first = serial.value() + 1;
  const std::uint32_t last = serial.value() + 0x7fffffffU;
  const auto may_hold = [&](const Range& range) {
    return first <= last ? range.high >= first && range.low <= last : range.high >= first || range.low <= last;
  };
  while (at < moments_.size()) {
    if (at % kBlock == 0 && !may_hold(blocks_[at / kBlock])) {
      at += kBlock;
      continue;
    }
    if (is_newer(moments_[at].serial, serial)) return at;
    ++at;
  }
  return moments_.size();
}

std::optional<Moment> Timeline::first_newer(Serial serial, Timestamp from) const {
  const auto start = std::ranges::lower_bound(moments_, from, {}, [](const Moment& m) { return m.fact.time; });
  std::size_t at = next_newer(serial, static_cast<std::size_t>(start - moments_.begin()));
  if (at >= moments_.size()) return std::nullopt;
  const Moment* best = &moments_[at];
  for (++at; at < moments_.size() && rank(moments_[at]) == rank(*best); ++at) {
    const Moment& other = moments_[at];
    if (is_newer(other.serial, serial) && distance(other.serial, serial) < distance(best->serial, serial))
      best = &other;
  }
  return *best;
}

void Timeline::clear() {
  moments_.clear();
  blocks_.clear();
}

Timestamp shown_at(const EvidenceRow& row) {
  Timestamp earliest = kNever;
  for (const EvidenceKind kind : kShown) earliest = std::min(earliest, row.fact(kind).time);
  return earliest;
}

void NodeHistory::add(const ZoneEvidence& evidence, const EvidenceRow& row) {
  for (const EvidenceKind kind : kShown) {
    if (row.fact(kind).seen()) shown_.add({row.fact(kind), kind, row.serial});
  }
  if (const auto received = received_of(&row)) received_.add(*received);
  evidence.for_each_lower(row, [&](const LowerBound& bound) { lowers_.push_back({bound, row.serial}); });
}

void NodeHistory::seal() {
  shown_.seal();
  received_.seal();
  std::ranges::sort(lowers_, {}, [](const HeldBound& held) { return held.bound.time; });
}

void NodeHistory::clear() {
  shown_.clear();
  received_.clear();
  lowers_.clear();
}

std::optional<Moment> NodeHistory::newer(const Timeline& timeline, Serial version, Timestamp from,
                                         Timestamp until) const {
  const std::optional<Moment> first = timeline.first_newer(version, from);
  return first && first->fact.time <= until ? first : std::nullopt;
}

std::optional<LiveTime> NodeHistory::live_time(const ZoneEvidence& evidence, Serial version, const EvidenceRow* own,
                                               Timestamp first_seen, Timestamp tracked_until) const {
  const auto received = earlier(received_of(own), newer(received_, version, first_seen, tracked_until));
  std::optional<Moment> upper = earlier(earliest_shown(own), newer(shown_, version, first_seen, tracked_until));
  if (!upper) upper = received;
  if (!upper) return std::nullopt;
  LiveTime live{*upper, basis_of(upper->kind), upper->serial != version, std::nullopt};
  live.not_before = latest_bound(evidence, version, own, first_seen, live);
  const bool is_bound = live.basis != Basis::received && received && received->fact.time <= upper->fact.time;
  if (is_bound && (!live.not_before || *live.not_before < received->fact.time)) live.not_before = received->fact.time;
  return live;
}

// Bounds that came with evidence for another version count from the version's first_seen on, save those of the evidence
// that decides: older ones say little, and so no version rests on what was long before it.
std::optional<Timestamp> NodeHistory::latest_bound(const ZoneEvidence& evidence, Serial version, const EvidenceRow* own,
                                                   Timestamp first_seen, const LiveTime& live) const {
  const Timestamp upper = live.decided_by.fact.time;
  std::optional<Timestamp> latest;
  const auto take = [&](const LowerBound& bound) {
    if (bound.time <= upper && is_newer(version, bound.serial) && (!latest || *latest < bound.time))
      latest = bound.time;
  };
  if (own != nullptr) evidence.for_each_lower(*own, take);
  const auto end = std::ranges::upper_bound(lowers_, upper, {}, [](const HeldBound& held) { return held.bound.time; });
  for (auto held = end; held != lowers_.begin();) {
    --held;
    if (latest && held->bound.time <= *latest) break;
    if (held->bound.time >= first_seen || held->of == live.decided_by.serial) take(held->bound);
  }
  return latest;
}

}  // namespace zonelag::aggregator
