#include "served.h"

#include <algorithm>

namespace zonelag::decoder {

std::optional<Served> ServedTracker::see(const IpAddress& server, Timestamp time, const ServedSighting& sighting) {
  ++counters_.served_seen;
  const std::uint64_t hash = mix(server.hash() ^ std::hash<std::string_view>{}(sighting.zone));
  Entry* entry =
      table_.find(hash, [&](const Entry& other) { return other.server == server && other.zone == sighting.zone; });
  if (entry == nullptr) {
    if (table_.full()) {
      table_.erase(*table_.oldest());
      ++counters_.served_evicted;
    }
    table_.insert(hash,
                  {.zone = std::string(sighting.zone), .server = server, .last_seen = time, .serial = sighting.serial});
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
  const auto end = entry.former.begin() + entry.formers;
  const auto known = std::find(entry.former.begin(), end, sighting.serial);
  if (known != end) {
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
  entry.formers = static_cast<std::uint8_t>(std::min<std::size_t>(entry.formers + 1U, kRemembered));
  entry.serial = sighting.serial;
  entry.last_seen = time;
  ++counters_.served_changed;
  return served;
}

}  // namespace zonelag::decoder
