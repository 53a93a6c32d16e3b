// What leaves memory.
#include <algorithm>

#include "ledger_impl.h"

namespace zonelag::aggregator {

std::size_t Ledger::Impl::close_versions(Timestamp now) {
  std::size_t closed = 0;
  Duration horizon = settings_.horizon;
  for (;;) {
    bool is_empty_somewhere = false;
    for (const auto& zone : zones_.all()) {
      if (zone->is_touched || (now < zone->next_close && horizon == settings_.horizon)) continue;
      is_empty_somewhere = close_zone(*zone, now, horizon, closed) || is_empty_somewhere;
    }
    if (is_empty_somewhere) {
      zones_.erase_if([](const LedgerZone& zone) { return !zone.is_touched && zone.evidence.rows().empty(); });
    }
    // Under pressure they leave earlier; that costs a look into the store when they are wanted again.
    const bool is_full = rows_ > settings_.limits.max_rows || zones_.all().size() > settings_.limits.max_zones;
    if (!is_full || horizon < std::chrono::minutes(1)) break;
    horizon /= 2;
    ++counters_.join.versions_evicted;
  }
  counters_.closed_versions += closed;
  if (world_->nodes.addresses() > collect_addresses_at_) forget_unused_addresses();
  return closed;
}

Timestamp Ledger::Impl::leaves_at(const VersionState& state, Duration horizon) const {
  if (state.is_pending && horizon == settings_.horizon) return kNever;
  const Timestamp over = state.first_seen + horizon;
  return state.is_open ? over : std::min(over, state.reach + settings_.settled);
}

// A version stays while one does that may rest on its evidence. True: nothing is left of the zone.
bool Ledger::Impl::close_zone(LedgerZone& zone, Timestamp now, Duration horizon, std::size_t& closed) {
  Timestamp floor = now - settings_.settled;
  std::vector<bool> keep(zone.states.size(), true);
  zone.next_close = kNever;
  for (const VersionState& state : zone.states) {
    const Timestamp leaves = leaves_at(state, horizon);
    if (leaves <= now) continue;
    floor = std::min(floor, state.first_seen);
    zone.next_close = std::min(zone.next_close, leaves);
  }
  std::size_t dropped = 0;
  for (std::uint32_t v = 0; v < zone.states.size(); ++v) {
    const VersionState& state = zone.states[v];
    keep[v] = leaves_at(state, horizon) > now || state.reach >= floor || state.is_dirty;
    if (keep[v]) continue;
    ++dropped;
    zone.evidence.for_each_row(zone.evidence.version_list()[v], [&](const EvidenceRow& row) {
      --rows_;
      stranger_rows_ -= is_stranger(row.node, zone.evidence.zone());
    });
  }
  if (dropped == 0) {
    if (zone.next_close == kNever) zone.next_close = now + std::chrono::seconds(1);
    return zone.evidence.rows().empty();
  }
  closed += dropped;
  const Timestamp raised = std::max(zone.floor, floor);
  for (std::uint32_t v = 0; v < zone.states.size(); ++v) {
    if (zone.states[v].is_open && (!keep[v] || zone.states[v].first_seen < raised)) keep_open_nodes(zone, v);
  }
  zone.keep_versions(keep, hash_);
  zone.floor = raised;
  zone.find_context_reach();
  zone.find_due();
  zone.next_close = Timestamp::min();
  return zone.evidence.rows().empty();
}

// A superset of those that are open: that costs a look into the store at most.
void Ledger::Impl::keep_open_nodes(LedgerZone& zone, std::uint32_t version) {
  const Serial serial = zone.evidence.version_list()[version].serial;
  for (const std::uint32_t member : world_->fleet.members()) {
    const NodeIndex node = world_->nodes.nameserver(member);
    const EvidenceRow* row = zone.evidence.find(serial, node, hash_);
    if (row != nullptr && zone.written[static_cast<std::size_t>(row - zone.evidence.rows().data())] != kNotWritten)
      continue;
    add_open_elsewhere(zone, node);
  }
}

void Ledger::Impl::add_open_elsewhere(LedgerZone& zone, NodeIndex node) {
  const auto at = std::ranges::lower_bound(zone.open_elsewhere, node);
  if (at == zone.open_elsewhere.end() || *at != node) zone.open_elsewhere.insert(at, node);
}

void Ledger::Impl::forget_unused_addresses() {
  std::vector<bool> used(world_->nodes.index_limit());
  for (const auto& zone : zones_.all()) {
    for (const EvidenceRow& row : zone->evidence.rows()) used[static_cast<std::size_t>(row.node)] = true;
  }
  world_->nodes.keep_only(used);
  collect_addresses_at_ = std::max<std::size_t>(65'536, 2 * world_->nodes.addresses());
}

void Ledger::Impl::recount() {
  rows_ = 0;
  stranger_rows_ = 0;
  for (const auto& zone : zones_.all()) {
    rows_ += zone->evidence.rows().size();
    for (const EvidenceRow& row : zone->evidence.rows()) stranger_rows_ += is_stranger(row.node, zone->evidence.zone());
  }
}

}  // namespace zonelag::aggregator
