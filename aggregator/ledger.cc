#include "aggregator/ledger.h"

#include <algorithm>
#include <bit>

#include "aggregator/partition.h"
#include "ledger_impl.h"

namespace zonelag::aggregator {

Ledger::Impl::Impl(Inventory inventory, LedgerSettings settings)
    : settings_(std::move(settings)),
      world_(std::make_unique<World>(std::move(inventory), settings_, hash_)),
      sensors_(hash_),
      zones_(hash_) {
  make_conclusion();
  find_digests();
}

Ledger::Impl::TouchedZone& Ledger::Impl::touch(LedgerZone& zone) {
  if (!zone.is_touched) {
    zone.is_touched = true;
    zone.touched_at = static_cast<std::uint32_t>(touched_count_);
    if (touched_count_ == touched_.size()) touched_.emplace_back();
    touched_[touched_count_].zone = &zone;
    touched_[touched_count_].changes.clear();
    ++touched_count_;
  }
  return touched_[zone.touched_at];
}

void Ledger::Impl::consume(const Event& event) {
  JoinCounters& counters = counters_.join;
  ++counters.events;
  const auto claim = take_claim(event, counters);
  if (!is_usable(event.captured_at)) return;
  latest_ = std::max(latest_, event.captured_at);
  counters_.repeated += sequences_.is_repeat(event);
  watch_.consume(event);
  if (settings_.transfers) transfers_.consume(event);
  if (!claim) return;
  const Attribution who = attribute(event, *claim, world_->nodes, counters);
  if (who.standing == Standing::anycast) return;
  // Beyond the limit strangers are not kept at all: what is in the store of them must not depend on who came first.
  if (who.is_stranger && stranger_rows_ >= settings_.limits.max_unknown_rows) {
    ++counters.unknown_rows_evicted;
    return;
  }
  const auto node = node_of(who, *claim, world_->nodes);
  const auto service = service_change(event, *claim, who, world_->inventory, world_->fleet.settings().bgp_zone);
  if (service) new_services_.push_back(*service);
  counters.evidence += static_cast<std::uint64_t>(std::popcount(claim->kinds));
  bool is_new = false;
  LedgerZone& zone = zones_.at(event.zone, is_new);
  const Merged merged = zone.evidence.merge(sighting_of(event, *claim, *node, sensors_), sensors_, hash_);
  if (merged.is_new) {
    zone.match_sizes();
    ++rows_;
    stranger_rows_ += who.is_stranger;
  }
  if (!merged.changed && !merged.is_new) return;
  EvidenceRow& row = zone.evidence.row(merged.row);
  row.marks |= kRowDirty;
  VersionState& state = zone.state_of(claim->serial, hash_);
  if (state.first_seen == kNever) {  // until it is judged
    state.first_seen = event.captured_at;
    state.reach = event.captured_at;
  }
  state.is_dirty = true;
  RowChange change{merged.row, std::min(event.captured_at, merged.from), merged.from, merged.bound_changed};
  if ((row.marks & kRowBelieved) == 0 || claim->receptions != 0) {
    // All of it may begin to count, or cease to.
    change.from = std::min(change.from, row.first_seen());
    change.at = std::min(change.at, change.from);
  }
  touch(zone).changes.push_back(change);
}

std::vector<WantedZone> Ledger::Impl::wanted(std::span<const Event> events) {
  std::vector<WantedZone> zones;
  std::unordered_map<ZoneName, std::size_t> positions;
  JoinCounters not_counted;
  for (const Event& event : events) {
    const auto claim = take_claim(event, not_counted);
    if (!claim) continue;
    WantedZone one;
    want(event, *claim, zones_.find(event.zone), one);
    if (!one.zone_is_new && one.serials.empty() && one.nodes.empty() && one.since == Timestamp::max()) continue;
    const auto [at, fresh] = positions.emplace(event.zone, zones.size());
    if (fresh) zones.push_back({.zone = event.zone});
    WantedZone& zone = zones[at->second];
    zone.zone_is_new = zone.zone_is_new || one.zone_is_new;
    zone.since = std::min(zone.since, one.since);
    for (const Serial serial : one.serials) {
      if (std::ranges::find(zone.serials, serial) == zone.serials.end()) zone.serials.push_back(serial);
    }
    for (std::string& node : one.nodes) {
      if (std::ranges::find(zone.nodes, node) == zone.nodes.end()) zone.nodes.push_back(std::move(node));
    }
  }
  for (const WantedZone& zone : zones) {
    Asked& asked = asked_[zone.zone];
    asked.serials = zone.serials;
    asked.nodes.clear();
    for (const std::string& name : zone.nodes) {
      if (const auto row = world_->inventory.nameserver_named(name))
        asked.nodes.push_back(world_->nodes.nameserver(*row));
    }
  }
  return zones;
}

void Ledger::Impl::want(const Event& event, const Claim& claim, LedgerZone* zone, WantedZone& into) {
  JoinCounters not_counted;
  const Attribution who = attribute(event, claim, world_->nodes, not_counted);
  if (who.standing == Standing::anycast) return;
  const bool is_nameserver = who.standing == Standing::nameserver;
  const auto hostname = [&] { return world_->inventory.nameservers()[who.nameserver].hostname; };
  // A lower bound may be one for versions of its time.
  const Timestamp says_of = claim.lower ? std::min(event.captured_at, claim.lower->time) : event.captured_at;
  Timestamp since = says_of - settings_.settled;
  if (zone == nullptr) {
    into.zone_is_new = true;
    into.serials.push_back(claim.serial);
    into.since = since;
    if (is_nameserver) into.nodes.push_back(hostname());
    return;
  }
  const std::uint32_t version = zone->evidence.find_version(claim.serial, hash_);
  const auto node = node_of(who, claim, world_->nodes);
  const EvidenceRow* row = zone->evidence.find(claim.serial, *node, hash_);
  const bool is_here = version != ZoneEvidence::kNoVersion && zone->is_whole(zone->states[version]) &&
                       (row == nullptr || !renews_outdated(*row, event, claim));
  // What was not believed may be now, or the other way: all that it says.
  if (row != nullptr && ((row->marks & kRowBelieved) == 0 || claim.receptions != 0) && row->first_seen() != kNever)
    since = std::min(since, row->first_seen() - settings_.settled);
  if (!is_here && !absent_.contains({zone, claim.serial.value()})) into.serials.push_back(claim.serial);
  if (since < zone->floor) into.since = since;
  if (since <= zone->context_reach) {
    for (std::size_t v = 0; v < zone->states.size(); ++v) {
      const VersionState& state = zone->states[v];
      if (!zone->is_whole(state) && state.reach >= since)
        into.serials.push_back(zone->evidence.version_list()[v].serial);
    }
  }
  if (!is_nameserver || zone->open_elsewhere.empty()) return;
  if (std::ranges::binary_search(zone->open_elsewhere, world_->nodes.nameserver(who.nameserver)))
    into.nodes.push_back(hostname());
}

// An announcement that was not believed comes with an earlier time: why it was not may have left memory since.
bool Ledger::Impl::renews_outdated(const EvidenceRow& row, const Event& event, const Claim& claim) {
  return (row.receptions & bit(Reception::outdated)) != 0 && (claim.kinds & bit(EvidenceKind::announced)) != 0 &&
         event.captured_at < row.fact(EvidenceKind::announced).time;
}

void Ledger::Impl::drop_zones(const std::function<bool(std::uint32_t key_hash)>& drop) {
  for (std::size_t i = 0; i < touched_count_;) {
    if (!drop(touched_[i].zone->key_hash)) {
      ++i;
      continue;
    }
    std::swap(touched_[i], touched_[--touched_count_]);
    if (i < touched_count_) touched_[i].zone->touched_at = static_cast<std::uint32_t>(i);
  }
  absent_.clear();
  asked_.clear();
  zones_.erase_if([&](const LedgerZone& zone) { return drop(zone.key_hash); });
  if (drop(key_hash(kHeartbeatZone))) watch_.forget();
  recount();
}

void Ledger::Impl::clear() {
  zones_.clear();
  touched_count_ = 0;
  absent_.clear();
  asked_.clear();
  new_services_.clear();
  candidates_ = {};
  transfers_ = {};
  watch_.forget();
  forget_unused_addresses();
  recount();
}

std::size_t Ledger::Impl::versions() const {
  std::size_t versions = 0;
  for (const auto& zone : zones_.all()) versions += zone->evidence.versions();
  return versions;
}

std::size_t Ledger::Impl::memory_bytes() const {
  return sizeof(*this) + zones_.memory_bytes() + sensors_.memory_bytes() + world_->nodes.memory_bytes();
}

const LedgerCounters& Ledger::Impl::counters() {
  counters_.join.sensors_over_limit = sensors_.over_limit();
  return counters_;
}

Ledger::Ledger(Inventory inventory, LedgerSettings settings)
    : impl_(std::make_unique<Impl>(std::move(inventory), std::move(settings))) {}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;

std::vector<WantedZone> Ledger::wanted(std::span<const Event> events) { return impl_->wanted(events); }
void Ledger::restore(const StoredZone& zone) { impl_->restore(zone); }
void Ledger::restore(std::span<const SensorChange> sensors) { impl_->restore(sensors); }
void Ledger::consume(const Event& event) { impl_->consume(event); }
void Ledger::take_changes(Timestamp now, bool all, Changes& into) { impl_->take_changes(now, all, into); }
void Ledger::replace_inventory(Inventory inventory) { impl_->replace_inventory(std::move(inventory)); }
void Ledger::replace_services(std::vector<ServiceChange> changes) { impl_->replace_services(std::move(changes)); }
const Inventory& Ledger::inventory() const { return impl_->inventory(); }
std::uint64_t Ledger::inventory_digest() const { return impl_->inventory_digest(); }
std::size_t Ledger::close_versions(Timestamp now) { return impl_->close_versions(now); }
void Ledger::drop_zones(const std::function<bool(std::uint32_t key_hash)>& drop) { impl_->drop_zones(drop); }
void Ledger::clear() { impl_->clear(); }
Timestamp Ledger::latest() const { return impl_->latest(); }
std::size_t Ledger::versions() const { return impl_->versions(); }
std::size_t Ledger::zones() const { return impl_->zones(); }
std::size_t Ledger::open_pairs() const { return impl_->rows(); }
std::size_t Ledger::memory_bytes() const { return impl_->memory_bytes(); }
const LedgerCounters& Ledger::counters() const { return impl_->counters(); }

}  // namespace zonelag::aggregator
