#include "served.h"

#include <algorithm>

namespace zonelag::decoder {

std::optional<Served> ServedTracker::see(const IpAddress& server, Timestamp time, const ServedSighting& sighting) {
  ++counters_.served_seen;
  const std::uint64_t hash = mix(server.hash() ^ std::hash<std::string_view>{}(sighting.zone));
  Entry* entry = table_.find(
      hash, [&](const Entry& other) { return other.server == server && other.zone.wire() == sighting.zone; });
  if (entry == nullptr) {
    if (table_.full()) {
      table_.erase(*table_.oldest());
      ++counters_.served_evicted;
    }
    Entry& fresh = table_.insert(hash, {.zone = CompactName(sighting.zone), .server = server, .last_seen = time});
    fresh.serial = sighting.serial;
    fresh.former.fill(sighting.serial);
    ++counters_.served_changed;
    return Served{.serial = sighting.serial, .via = sighting.via, .timers = sighting.timers};
  }
  table_.touch(*entry);
  if (entry->serial == sighting.serial) {
    entry->last_seen = std::max(entry->last_seen, time);
    return std::nullopt;
  }
  return change(*entry, time, sighting);
}

std::optional<Served> ServedTracker::change(Entry& entry, Timestamp time, const ServedSighting& sighting) {
  const auto known = std::ranges::find(entry.former, sighting.serial);
  if (known != entry.former.end()) {
    std::swap(*known, entry.serial);
    entry.last_seen = std::max(entry.last_seen, time);
    ++counters_.served_flapped;
    return std::nullopt;
  }
  const Served served{.serial = sighting.serial,
                      .via = sighting.via,
                      .previous = entry.serial,
                      .previous_last_seen = entry.last_seen,
                      .timers = sighting.timers};
  std::shift_right(entry.former.begin(), entry.former.end(), 1);
  entry.former[0] = entry.serial;
  entry.serial = sighting.serial;
  entry.last_seen = time;
  ++counters_.served_changed;
  return served;
}

}  // namespace zonelag::decoder
