// A ledger that keeps evidence only: what was consumed and is not written. Stands in for the real one, whose rows are
// tested where they are made.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "aggregator/claim.h"
#include "aggregator/ledger.h"
#include "aggregator/partition.h"

namespace zonelag::aggregator {

class Ledger::Impl {
 public:
  using Key = std::tuple<ZoneName, std::uint32_t, std::string>;
  struct Entry {
    StoredEvidence row;
    bool written = false;
    bool dirty = false;
  };
  Inventory inventory;
  std::set<ZoneName> zones;
  std::map<Key, Entry> entries;
  Timestamp latest = Timestamp::min();
  LedgerCounters counters;
};

Ledger::Ledger(Inventory inventory, LedgerSettings /*settings*/) : impl_(std::make_unique<Impl>()) {
  impl_->inventory = std::move(inventory);
}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;

std::vector<WantedZone> Ledger::wanted(std::span<const Event> events) const {
  std::map<ZoneName, WantedZone> zones;
  for (const Event& event : events) {
    if (!impl_->zones.contains(event.zone)) zones[event.zone] = {.zone = event.zone, .zone_is_new = true};
  }
  std::vector<WantedZone> all;
  for (auto& [zone, each] : zones) all.push_back(std::move(each));
  return all;
}

void Ledger::restore(const StoredZone& zone) {
  impl_->zones.insert(zone.zone);
  for (const StoredVersion& version : zone.versions) {
    for (const StoredEvidence& row : version.evidence) {
      impl_->entries[{row.zone, row.serial.value(), row.srcip}] = {.row = row, .written = true};
    }
  }
}

void Ledger::consume(const Event& event) {
  EXPECT_TRUE(impl_->zones.contains(event.zone)) << "consumed, but not restored: " << event.zone.to_text();
  impl_->latest = std::max(impl_->latest, event.captured_at);
  ++impl_->counters.join.events;
  const auto claim = claim_of(event);
  if (!claim) return;
  const std::string srcip = claim->node.address.to_string();
  Impl::Entry& entry = impl_->entries[{event.zone, claim->serial.value(), srcip}];
  auto& fact = entry.row.facts[0];
  if (fact && fact->time <= event.captured_at) return;
  entry.row.zone = event.zone;
  entry.row.serial = claim->serial;
  entry.row.srcip = srcip;
  fact = StoredFact{.time = event.captured_at, .sensor = event.sensor_id};
  entry.dirty = true;
}

void Ledger::take_changes(Timestamp /*now*/, bool /*all*/, Changes& into) {
  for (auto& [key, entry] : impl_->entries) {
    if (!std::exchange(entry.dirty, false)) continue;
    into.evidence.push_back(
        {.write = std::exchange(entry.written, true) ? Write::update : Write::insert, .row = entry.row});
  }
}

void Ledger::replace_inventory(Inventory inventory) { impl_->inventory = std::move(inventory); }
void Ledger::replace_services(std::vector<ServiceChange> /*changes*/) {}
const Inventory& Ledger::inventory() const { return impl_->inventory; }
std::uint64_t Ledger::inventory_digest() const { return 0; }
std::size_t Ledger::close_versions(Timestamp /*now*/) { return 0; }

void Ledger::drop_zones(const std::function<bool(std::uint32_t key_hash)>& drop) {
  const auto gone = [&](const ZoneName& zone) { return drop(key_hash(zone.to_text())); };
  std::erase_if(impl_->zones, gone);
  std::erase_if(impl_->entries, [&](const auto& each) {
    if (!gone(std::get<0>(each.first))) return false;
    EXPECT_FALSE(each.second.dirty) << "dropped before it was written";
    return true;
  });
}

void Ledger::clear() {
  impl_->zones.clear();
  impl_->entries.clear();
}

Timestamp Ledger::latest() const { return impl_->latest; }
std::size_t Ledger::versions() const { return impl_->entries.size(); }
std::size_t Ledger::zones() const { return impl_->zones.size(); }
std::size_t Ledger::open_pairs() const { return impl_->entries.size(); }
std::size_t Ledger::memory_bytes() const { return 0; }
const LedgerCounters& Ledger::counters() const { return impl_->counters; }

}  // namespace zonelag::aggregator
