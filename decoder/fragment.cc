#include "fragment.h"

#include <algorithm>
#include <iterator>

namespace zonelag::decoder {
namespace {

constexpr std::uint64_t kMaxDatagram = 65535;  // payload of IPv6 without the jumbo option; IPv4 has less

std::uint64_t distance(Timestamp a, Timestamp b) {
  const auto x = static_cast<std::uint64_t>(a.time_since_epoch().count());
  const auto y = static_cast<std::uint64_t>(b.time_since_epoch().count());
  return a > b ? x - y : y - x;  // unsigned: no pair of times overflows
}

}  // namespace

Step FragmentTable::add(Walk& walk, Timestamp time, FrameCounters& counters) {
  expire(time, counters);
  const std::uint64_t length = walk.rest.size() + walk.missing;
  if (length == 0 || (walk.fragment.more && length % 8 != 0)) return Step::malformed;
  if (length > kMaxDatagram - std::min<std::uint64_t>(walk.fragment.offset, kMaxDatagram)) return Step::malformed;
  const std::uint8_t key_protocol = walk.is_v6 ? std::uint8_t{0} : walk.protocol;
  const DatagramKey key{walk.source, walk.destination, walk.fragment.id, key_protocol};
  Datagram& datagram = find_or_begin(key, time, counters);
  if (datagram.overlapped) return Step::fragment_overlapping;
  std::size_t index = 0;
  const Step placed = place(datagram, walk, static_cast<std::uint32_t>(length), index);
  if (placed == Step::fragment_duplicate) return placed;
  if (placed == Step::fragment_overlapping) {
    // RFC 5722 section 4: the datagram goes, and with it its fragments still to come; so its key stays.
    forget_bytes(datagram);
    datagram.overlapped = true;
    return placed;
  }
  store(datagram, walk, static_cast<std::uint32_t>(length), index);
  if (datagram.total != datagram.received) {
    if (datagram.pieces.size() > limits_.max_fragments_per_datagram) {
      erase(key);
      ++counters.datagrams_evicted;
    }
    enforce_limits(counters);
    return Step::fragment_kept;
  }
  assemble(datagram, walk);
  erase(key);
  ++counters.datagrams_reassembled;
  return Step::protocol;
}

FragmentTable::Datagram& FragmentTable::find_or_begin(const DatagramKey& key, Timestamp time, FrameCounters& counters) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    if (!is_expired(*known->second, time)) return *known->second;
    erase(key);
    ++counters.datagrams_expired;
  }
  Datagram& datagram = datagrams_.emplace_back();
  datagram.key = key;
  datagram.first_seen = time;
  by_key_.emplace(key, std::prev(datagrams_.end()));
  return datagram;
}

// RFC 5722 for IPv6; for IPv4 too, as Linux has done since 4.20: RFC 791 would let the later bytes win, which makes
// what we read depend on who is asked, and honest senders never overlap. An ID that came round again looks the same.
// Ends that contradict each other count as overlaps: bytes beyond the end are in two places at once.
Step FragmentTable::place(const Datagram& datagram, const Walk& walk, std::uint32_t length, std::size_t& index) {
  const std::uint32_t offset = walk.fragment.offset;
  const std::uint32_t end = offset + length;
  const auto& pieces = datagram.pieces;
  if (walk.fragment.more) {
    if (datagram.total != 0 && end >= datagram.total) return Step::fragment_overlapping;
  } else {
    if (datagram.total != 0 && end != datagram.total) return Step::fragment_overlapping;
    if (datagram.total == 0 && !pieces.empty() && pieces.back().end() >= end) return Step::fragment_overlapping;
  }
  const auto next = std::ranges::lower_bound(pieces, offset, {}, &Piece::offset);
  index = static_cast<std::size_t>(next - pieces.begin());
  if (next != pieces.begin() && std::prev(next)->end() > offset) return Step::fragment_overlapping;
  if (next == pieces.end() || next->offset >= end) return Step::fragment_kept;
  if (next->offset != offset || next->length != length) return Step::fragment_overlapping;
  // "Exact duplicates" may be ignored (RFC 8200 section 4.5), but equal bounds with other bytes are none.
  const std::size_t both = std::min<std::size_t>(next->captured, walk.rest.size());
  const auto stored = datagram.bytes.begin() + static_cast<std::ptrdiff_t>(next->position);
  const bool equal = std::equal(stored, stored + static_cast<std::ptrdiff_t>(both), walk.rest.begin());
  return equal ? Step::fragment_duplicate : Step::fragment_overlapping;
}

void FragmentTable::store(Datagram& datagram, const Walk& walk, std::uint32_t length, std::size_t index) {
  const Piece piece{.offset = walk.fragment.offset,
                    .length = length,
                    .captured = static_cast<std::uint32_t>(walk.rest.size()),
                    .position = datagram.bytes.size()};
  datagram.pieces.insert(datagram.pieces.begin() + static_cast<std::ptrdiff_t>(index), piece);
  datagram.bytes.insert(datagram.bytes.end(), walk.rest.begin(), walk.rest.end());
  datagram.received += length;
  if (!walk.fragment.more) datagram.total = piece.end();
  if (piece.offset == 0) datagram.protocol = walk.protocol;
  stored_ += piece.captured + sizeof(Piece);
}

// The datagram is used as far as it was captured without a hole; what is behind the first snapped byte is missing.
void FragmentTable::assemble(const Datagram& datagram, Walk& walk) {
  assembled_.clear();
  for (const Piece& piece : datagram.pieces) {
    const auto from = datagram.bytes.begin() + static_cast<std::ptrdiff_t>(piece.position);
    assembled_.insert(assembled_.end(), from, from + static_cast<std::ptrdiff_t>(piece.captured));
    if (piece.captured < piece.length) break;
  }
  walk.rest = assembled_;
  walk.missing = datagram.total - assembled_.size();
  walk.protocol = datagram.protocol;
}

void FragmentTable::forget_bytes(Datagram& datagram) {
  stored_ -= datagram.bytes.size() + datagram.pieces.size() * sizeof(Piece);
  datagram.bytes = {};
  datagram.pieces = {};
}

void FragmentTable::erase(const DatagramKey& key) {
  const auto found = by_key_.find(key);
  forget_bytes(*found->second);
  datagrams_.erase(found->second);
  by_key_.erase(found);
}

// Time may run backwards a little (several queues, several files), so age counts in both directions: a datagram from
// a time-out ahead is as stale as one from behind, and one wild time stamp cannot keep others alive.
bool FragmentTable::is_expired(const Datagram& datagram, Timestamp now) const {
  const auto timeout = std::max<Duration::rep>(limits_.fragment_timeout.count(), 0);
  return distance(datagram.first_seen, now) > static_cast<std::uint64_t>(timeout);
}

void FragmentTable::expire(Timestamp now, FrameCounters& counters) {
  while (!datagrams_.empty() && is_expired(datagrams_.front(), now)) {
    erase(DatagramKey{datagrams_.front().key});
    ++counters.datagrams_expired;
  }
}

void FragmentTable::enforce_limits(FrameCounters& counters) {
  while (datagrams_.size() > limits_.max_datagrams_in_reassembly || stored_ > limits_.max_fragment_bytes) {
    erase(DatagramKey{datagrams_.front().key});
    ++counters.datagrams_evicted;
  }
}

}  // namespace zonelag::decoder
