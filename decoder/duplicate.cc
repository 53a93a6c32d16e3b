#include "duplicate.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace zonelag::decoder {

DuplicateFilter::DuplicateFilter(const FrameLimits& limits)
    : window_(limits.duplicate_window),
      sets_(std::bit_floor(std::max<std::size_t>(limits.max_packets_remembered / kWays, 1))),
      entries_(sets_ * kWays) {}

DuplicateFilter::Key DuplicateFilter::key_of(const Segment& segment, const WireMarks& marks) {
  Key key{.source = segment.source,
          .destination = segment.destination,
          .datagram_id = marks.datagram_id,
          .sequence = segment.sequence,
          .acknowledgement = segment.acknowledgement,
          .length = std::uint64_t{segment.payload.size()} + segment.missing,
          .checksum = marks.checksum,
          .transport = segment.transport,
          .flags = segment.flags};
  const Bytes head = segment.payload.first(std::min(segment.payload.size(), kHead));
  key.head_length = static_cast<std::uint8_t>(head.size());
  std::ranges::copy(head, key.head.begin());
  return key;
}

// Finds the place only; the key is compared whole.
std::uint64_t DuplicateFilter::hash_of(const Key& key) {
  std::uint64_t beginning = 0;  // of a DNS message over UDP: id, flags, counts
  std::memcpy(&beginning, key.head.data(), sizeof beginning);
  const std::uint64_t ports = std::uint64_t{key.source.port} << 48 | std::uint64_t{key.destination.port} << 32;
  return mix(key.source.address.hash() + 3 * key.destination.address.hash() +
             mix(ports ^ std::uint64_t{key.checksum} << 16 ^ key.datagram_id ^ key.sequence) + mix(beginning));
}

// Either way: captures of two interfaces may be slightly out of order.
bool DuplicateFilter::is_near(const Entry& entry, Timestamp time) const {
  const Duration apart = time - entry.time;
  return entry.used && apart < window_ && apart > -window_;
}

bool DuplicateFilter::is_copy(const Segment& segment, const WireMarks& marks, FrameCounters& counters) {
  const Key key = key_of(segment, marks);
  Entry* const set = &entries_[(hash_of(key) & (sets_ - 1)) * kWays];
  Entry* place = set;
  for (Entry* entry = set; entry != set + kWays; ++entry) {
    if (entry->used && entry->key == key) {
      if (is_near(*entry, segment.time)) return true;
      entry->time = segment.time;
      return false;
    }
    if (place->used && (!entry->used || entry->time < place->time)) place = entry;
  }
  if (is_near(*place, segment.time)) ++counters.duplicates_evicted;
  *place = {.key = key, .time = segment.time, .used = true};
  return false;
}

}  // namespace zonelag::decoder
