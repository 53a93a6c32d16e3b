#include "evidence_store.h"

#include <algorithm>

namespace zonelag::aggregator {
namespace {

// Evicting a share at once keeps the cost for each new item constant while a limit is under attack.
std::size_t share(std::size_t limit) { return std::max<std::size_t>(1, limit / 16); }

// What evicts the oldest goes by: rows of answers alone, which have no time, go first.
Timestamp age_of(const EvidenceRow& row) {
  const Timestamp first = row.first_seen();
  return first == kNever ? Timestamp::min() : first;
}

}  // namespace

void EvidenceStore::add(const ZoneName& zone, const Sighting& sighting, bool known) {
  ZoneEvidence& evidence = zone_at(zone);
  if (!evidence.add(sighting, sensors_, hash_)) return;
  ++rows_;
  if (!known) ++unknown_rows_;
  enforce_limits(evidence);
}

const ZoneEvidence* EvidenceStore::find(const ZoneName& zone) const {
  const std::uint32_t at = slots_.find(hash_(zone.wire()), [&](std::uint32_t i) { return zones_[i].zone() == zone; });
  return at == SlotTable::kNone ? nullptr : &zones_[at];
}

ZoneEvidence& EvidenceStore::zone_at(const ZoneName& zone) {
  const std::uint64_t hash = hash_(zone.wire());
  const std::uint32_t at = slots_.find(hash, [&](std::uint32_t i) { return zones_[i].zone() == zone; });
  if (at != SlotTable::kNone) return zones_[at];
  zones_.emplace_back(zone);
  slots_.append(hash, [&](std::uint32_t i) { return hash_(zones_[i].zone().wire()); });
  return zones_.back();
}

// At most one of these is due after one new row, save for a limit of nothing.
void EvidenceStore::enforce_limits(ZoneEvidence& changed) {
  if (changed.versions() > limits_.max_versions_of_zone) evict_versions(changed);  // before `changed` may move
  if (unknown_rows_ > limits_.max_unknown_rows) evict_unknown_rows();
  if (zones_.size() > limits_.max_zones) evict_zones();
  if (rows_ > limits_.max_rows) evict_rows();
  if (nodes_.addresses() > collect_addresses_at_) forget_unused_addresses();
}

void EvidenceStore::evict_versions(ZoneEvidence& zone) {
  const auto is_known = [&](const EvidenceRow& row) { return nodes_.is_known(row.node, zone.zone()); };
  const std::size_t rows = zone.rows().size();
  const std::size_t unknown = count_unknown(zone);
  evicted_.versions += zone.evict_versions(share(limits_.max_versions_of_zone), is_known, hash_);
  rows_ -= rows - zone.rows().size();
  unknown_rows_ -= unknown - count_unknown(zone);
}

std::size_t EvidenceStore::forget_versions_before(Timestamp time) {
  std::size_t versions = 0;
  for (ZoneEvidence& zone : zones_) versions += zone.forget_versions_before(time, hash_);
  forget_empty_zones();
  forget_unused_addresses();
  return versions;
}

// Finds the time before which a sixteenth of all rows was first seen, from a sample of them.
void EvidenceStore::evict_rows() {
  constexpr std::size_t kSample = 65'536;
  const std::size_t stride = rows_ / kSample + 1;
  std::vector<Timestamp> times;
  std::size_t at = 0;
  for (const ZoneEvidence& zone : zones_) {
    for (const EvidenceRow& row : zone.rows()) {
      // Versions go as a whole, by what has a time: else a row of answers alone might evict nothing.
      if (at++ % stride == 0 && row.first_seen() != kNever) times.push_back(row.first_seen());
    }
  }
  if (times.empty()) times.push_back(Timestamp::min());
  const auto cut = times.begin() + static_cast<std::ptrdiff_t>(share(times.size()) - 1);
  std::ranges::nth_element(times, cut);
  evicted_.versions += forget_versions_before(*cut + Duration(1));
}

void EvidenceStore::evict_unknown_rows() {
  std::vector<Timestamp> times;
  times.reserve(unknown_rows_);
  for (const ZoneEvidence& zone : zones_) {
    for (const EvidenceRow& row : zone.rows()) {
      if (!nodes_.is_known(row.node, zone.zone())) times.push_back(age_of(row));
    }
  }
  const auto cut =
      times.begin() + static_cast<std::ptrdiff_t>(std::min(share(limits_.max_unknown_rows), times.size()) - 1);
  std::ranges::nth_element(times, cut);
  for (ZoneEvidence& zone : zones_) {
    evicted_.unknown_rows += zone.keep_if(
        [&](const EvidenceRow& row) { return age_of(row) > *cut || nodes_.is_known(row.node, zone.zone()); }, hash_);
  }
  forget_empty_zones();
}

void EvidenceStore::evict_zones() {
  const auto kept = zones_.begin() + static_cast<std::ptrdiff_t>(share(limits_.max_zones));
  std::ranges::nth_element(zones_, kept, {}, &ZoneEvidence::latest);
  evicted_.zones += static_cast<std::uint64_t>(kept - zones_.begin());
  zones_.erase(zones_.begin(), kept);
  forget_empty_zones();
}

void EvidenceStore::forget_empty_zones() {
  std::erase_if(zones_, [](const ZoneEvidence& zone) { return zone.rows().empty(); });
  slots_.rebuild(static_cast<std::uint32_t>(zones_.size()),
                 [&](std::uint32_t i) { return hash_(zones_[i].zone().wire()); });
  recount();
}

void EvidenceStore::recount() {
  rows_ = 0;
  unknown_rows_ = 0;
  for (const ZoneEvidence& zone : zones_) {
    rows_ += zone.rows().size();
    unknown_rows_ += count_unknown(zone);
  }
}

std::size_t EvidenceStore::count_unknown(const ZoneEvidence& zone) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      zone.rows(), [&](const EvidenceRow& row) { return !nodes_.is_known(row.node, zone.zone()); }));
}

// Spoofed addresses come and go; an index without rows is free again.
void EvidenceStore::forget_unused_addresses() {
  std::vector<bool> used(nodes_.index_limit());
  for (const ZoneEvidence& zone : zones_) {
    for (const EvidenceRow& row : zone.rows()) used[static_cast<std::size_t>(row.node)] = true;
  }
  nodes_.keep_only(used);
  collect_addresses_at_ = std::max<std::size_t>(65'536, 2 * nodes_.addresses());
}

std::vector<const ZoneEvidence*> EvidenceStore::zones_in_text_order() const {
  std::vector<std::pair<std::string, const ZoneEvidence*>> named;
  named.reserve(zones_.size());
  for (const ZoneEvidence& zone : zones_) named.emplace_back(zone.zone().to_text(), &zone);
  std::ranges::sort(named);
  std::vector<const ZoneEvidence*> sorted;
  sorted.reserve(named.size());
  for (const auto& [name, zone] : named) sorted.push_back(zone);
  return sorted;
}

std::size_t EvidenceStore::memory_bytes() const {
  std::size_t bytes = sensors_.memory_bytes() + slots_.memory_bytes();
  bytes += (zones_.capacity() - zones_.size()) * sizeof(ZoneEvidence);
  for (const ZoneEvidence& zone : zones_) bytes += zone.memory_bytes();
  return bytes;
}

}  // namespace zonelag::aggregator
