#include "unknown_sources.h"

#include <algorithm>
#include <tuple>

namespace zonelag::aggregator {

void UnknownSources::count(const IpAddress& address, const ZoneName& zone, Timestamp at, bool is_customer) {
  const std::uint64_t hash = hash_(address);
  const std::uint32_t found = slots_.find(hash, [&](std::uint32_t i) { return sources_[i].address == address; });
  if (found == SlotTable::kNone) {
    sources_.push_back({address, 1, at, at, zone, is_customer});
    slots_.append(hash, [&](std::uint32_t i) { return hash_(sources_[i].address); });
    if (sources_.size() > limit_) evict();
    return;
  }
  UnknownSource& source = sources_[found];
  ++source.events;
  source.first_seen = std::min(source.first_seen, at);
  if (at < source.last_seen) return;
  source.last_seen = at;
  source.last_zone = zone;
  source.is_customer = is_customer;
}

// A sixteenth at once, so that a flood of new addresses does not cost a pass over the table each.
void UnknownSources::evict() {
  const std::size_t count = std::max<std::size_t>(1, limit_ / 16);
  std::ranges::nth_element(sources_, sources_.begin() + static_cast<std::ptrdiff_t>(count), {},
                           [](const UnknownSource& s) { return std::tuple(s.last_seen, s.address); });
  sources_.erase(sources_.begin(), sources_.begin() + static_cast<std::ptrdiff_t>(count));
  evicted_ += count;
  slots_.rebuild(static_cast<std::uint32_t>(sources_.size()),
                 [&](std::uint32_t i) { return hash_(sources_[i].address); });
}

std::vector<UnknownSource> UnknownSources::by_events() const {
  std::vector<UnknownSource> sorted = sources_;
  std::ranges::sort(sorted, [](const UnknownSource& left, const UnknownSource& right) {
    return left.events != right.events ? left.events > right.events : left.address < right.address;
  });
  return sorted;
}

std::size_t UnknownSources::memory_bytes() const {
  std::size_t bytes = sources_.capacity() * sizeof(UnknownSource) + slots_.memory_bytes();
  for (const UnknownSource& source : sources_) bytes += source.last_zone.wire().size();
  return bytes;
}

}  // namespace zonelag::aggregator
