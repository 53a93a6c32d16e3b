#include "interest.h"

#include <algorithm>

namespace zonelag::decoder {
namespace {

std::uint64_t hash_of(const IpAddress& server, const IpAddress& client) {
  return mix(server.hash() + 3 * client.hash());
}

}  // namespace

InterestTable::Entry* InterestTable::find(const IpAddress& server, const IpAddress& client) {
  return table_.find(hash_of(server, client),
                     [&](const Entry& entry) { return entry.server == server && entry.client == client; });
}

void InterestTable::raise(const IpAddress& server, const IpAddress& client, std::string_view zone, Timestamp time) {
  Entry* entry = find(server, client);
  if (entry == nullptr) {
    if (table_.full()) {
      table_.erase(*table_.oldest());
      ++counters_.interests_evicted;
    }
    entry = &table_.insert(hash_of(server, client), {.server = server, .client = client});
  }
  table_.touch(*entry);
  std::erase_if(entry->zones, [&](const Zone& known) { return known.name == zone; });
  if (entry->zones.size() == kZones) entry->zones.erase(entry->zones.begin());
  entry->zones.push_back({std::string(zone), time});
}

void InterestTable::settle(const IpAddress& server, const IpAddress& client, std::string_view zone) {
  if (Entry* entry = find(server, client)) {
    std::erase_if(entry->zones, [&](const Zone& known) { return known.name == zone; });
    if (entry->zones.empty()) table_.erase(*entry);
  }
}

std::vector<std::string> InterestTable::take(const IpAddress& server, const IpAddress& client, Timestamp time) {
  std::vector<std::string> names;
  Entry* entry = find(server, client);
  if (entry == nullptr) return names;
  for (Zone& zone : entry->zones) {
    if (zone.time <= time && time - zone.time <= window_) names.push_back(std::move(zone.name));
  }
  table_.erase(*entry);
  return names;
}

}  // namespace zonelag::decoder
