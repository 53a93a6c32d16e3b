// Out of the store into memory, and from one inventory to the next.
#include <algorithm>

#include "ledger_impl.h"

namespace zonelag::aggregator {
namespace {

// The same in all processes: what was written under one is compared with another's.
constexpr KeyedHash kCommonHash(0x7a6f6e656c616721, 0x6c65646765722031);

std::uint64_t digest_of_settings(const LedgerSettings& settings, std::uint64_t state) {
  const auto add = [&](std::uint64_t word) { state = kCommonHash.chain(state, word); };
  add(static_cast<std::uint64_t>(settings.horizon.count()));
  add(static_cast<std::uint64_t>(settings.settled.count()));
  for (const std::string& prefix : settings.excluded_locations) add(kCommonHash(prefix));
  add(kCommonHash(settings.bgp_zone.wire()));
  add(kCommonHash(to_toml(InventoryRows{{}, {}, settings.policies})));
  return state;
}

}  // namespace

void Ledger::Impl::find_digests() {
  const Inventory& inventory = world_->inventory;
  const std::string rows = to_toml({inventory.nameservers(), inventory.customers(), inventory.policies()});
  rows_digest_ = digest_of_settings(settings_, kCommonHash(rows));
  if (rows_digest_ == 0) rows_digest_ = 1;
  full_digest_ = rows_digest_;
  for (const ServiceChange& change : services_) {
    full_digest_ = kCommonHash.chain(full_digest_, kCommonHash(change.hostname));
    full_digest_ = kCommonHash.chain(full_digest_, static_cast<std::uint64_t>(change.at.time_since_epoch().count()));
    full_digest_ = kCommonHash.chain(full_digest_, change.announced ? 1 : 0);
  }
  if (full_digest_ == 0) full_digest_ = 1;
}

std::string Ledger::Impl::key_in(const World& world, NodeIndex node) {
  if (world.nodes.nameserver_of(node) != nullptr) return world.fleet.node(static_cast<std::uint32_t>(node)).face.srcip;
  return world.nodes.address_of(node).to_string();
}

std::string Ledger::Impl::srcip_of(NodeIndex node) const { return key_in(*world_, node); }

// By hostname first: what was attributed to a node stays with it. An address goes to the node that has it now.
NodeIndex Ledger::Impl::node_of_key(const std::string& hostname, const std::string& srcip) {
  if (!hostname.empty()) {
    if (const auto row = world_->inventory.nameserver_named(hostname)) return world_->nodes.nameserver(*row);
  }
  const IpAddress address = IpAddress::parse(srcip).value_or(IpAddress());
  if (const auto row = world_->inventory.nameserver_of(address, "")) return world_->nodes.nameserver(*row);
  return world_->nodes.by_address(address);
}

void Ledger::Impl::restore(const StoredZone& stored) {
  bool is_new = false;
  LedgerZone& zone = zones_.at(stored.zone, is_new);
  zone.floor = is_new ? stored.since : std::min(zone.floor, stored.since);
  for (const StoredVersion& version : stored.versions) restore_version(zone, version);
  if (is_new) {
    for (const std::string& name : stored.open_elsewhere) {
      if (const auto row = world_->inventory.nameserver_named(name))
        zone.open_elsewhere.push_back(world_->nodes.nameserver(*row));
    }
    std::ranges::sort(zone.open_elsewhere);
  }
  if (const auto asked = asked_.find(stored.zone); asked != asked_.end()) {
    for (const Serial serial : asked->second.serials) {
      if (zone.evidence.find_version(serial, hash_) == ZoneEvidence::kNoVersion)
        absent_.emplace(&zone, serial.value());
      else
        doubt_outdated(zone, serial);
    }
    std::erase_if(zone.open_elsewhere, [&](NodeIndex node) {
      return std::ranges::find(asked->second.nodes, node) != asked->second.nodes.end();
    });
    asked_.erase(asked);
  }
  keep_open_nodes(zone, stored);
  zone.find_context_reach();
  adopt_rows(zone);
  zone.find_due();
  zone.next_close = Timestamp::min();
}

// A node that is open in a version that is here but not whole is as good as open elsewhere.
void Ledger::Impl::keep_open_nodes(LedgerZone& zone, const StoredZone& stored) {
  for (const StoredVersion& version : stored.versions) {
    if (zone.is_whole(zone.state_of(version.serial, hash_))) continue;
    for (const std::string& name : version.open_nodes) {
      if (const auto row = world_->inventory.nameserver_named(name))
        add_open_elsewhere(zone, world_->nodes.nameserver(*row));
    }
  }
}

// What may show that announcements were outdated is here now: it is looked at again.
void Ledger::Impl::doubt_outdated(LedgerZone& zone, Serial serial) {
  ++counters_.reopened_versions;
  const std::uint32_t version = zone.evidence.find_version(serial, hash_);
  for (std::uint32_t at = zone.evidence.version_list()[version].first_row; at != 0;) {
    EvidenceRow& row = zone.evidence.row(at - 1);
    at = row.next;
    if ((row.receptions & bit(Reception::outdated)) == 0) continue;
    row.receptions &= static_cast<std::uint8_t>(~bit(Reception::outdated));
    row.marks |= kRowDirty;
    zone.states[version].is_dirty = true;
    touch(zone);
  }
}

void Ledger::Impl::restore_version(LedgerZone& zone, const StoredVersion& version) {
  const std::uint32_t at = zone.evidence.version_of(version.serial, hash_);
  zone.match_sizes();
  for (const StoredEvidence& row : version.evidence) restore_evidence(zone, row, true);
  for (const std::string& srcip : version.rows) {
    const auto nameserver = world_->fleet.with_srcip(srcip);
    const NodeIndex node = nameserver ? world_->nodes.nameserver(*nameserver) : node_of_key("", srcip);
    // A row under an address that now belongs to a node with another key stays; it can't be told whose it was.
    if (srcip_of(node) != srcip) continue;
    const std::size_t rows = zone.evidence.rows().size();
    const std::uint32_t row = zone.evidence.row_of(version.serial, node, hash_);
    zone.match_sizes();
    if (zone.evidence.rows().size() > rows) {
      ++rows_;
      stranger_rows_ += is_stranger(node, zone.evidence.zone());
    }
    if (zone.written[row] == kNotWritten) zone.written[row] = kUnknownContent;
  }
  VersionState& state = zone.states[at];
  if (state.digest != kNotWritten) return;  // it is here already, and newer
  ++counters_.restored_versions;
  state.digest = kUnknownContent;
  state.day = static_cast<std::int32_t>(version.day.time_since_epoch().count());
  state.has_day = true;
  state.first_seen = version.first_seen;
  state.reach = version.last_evidence;
  state.is_open = !version.open_nodes.empty();
  state.same_inventory = version.inventory == full_digest_ || version.inventory == 0;
  state.restored_verdict = version.verdict;
}

void Ledger::Impl::restore_evidence(LedgerZone& zone, const StoredEvidence& stored, bool from_store) {
  const NodeIndex node = node_of_key(stored.hostname, stored.srcip);
  Sighting sighting;
  sighting.node = node;
  sighting.serial = stored.serial;
  const std::size_t rows = zone.evidence.rows().size();
  std::uint32_t at = zone.evidence.row_of(stored.serial, node, hash_);
  if (zone.evidence.rows().size() > rows) {
    ++rows_;
    stranger_rows_ += is_stranger(node, zone.evidence.zone());
  }
  for (std::size_t kind = 0; kind < kEvidenceKinds; ++kind) {
    const auto& fact = stored.facts[kind];
    if (!fact) continue;
    sighting.kinds = static_cast<std::uint8_t>(1U << kind);
    sighting.fact.time = fact->time;
    sighting.fact.sensor = fact->sensor.empty() ? kNoSensor : sensors_.index_of(fact->sensor);
    sighting.fact.error = to_clock_error(fact->clock_error);
    at = zone.evidence.merge(sighting, sensors_, hash_).row;
  }
  sighting.kinds = 0;
  sighting.fact = {Timestamp::min(), kNoSensor, kErrorUnknown};
  sighting.receptions = stored.receptions;
  for (const LowerBound& bound : stored.lowers) {
    sighting.lower = bound;
    zone.evidence.merge(sighting, sensors_, hash_);
  }
  if (stored.lowers.empty()) zone.evidence.merge(sighting, sensors_, hash_);
  zone.match_sizes();
  // Under another key it is written anew when it changes.
  if (from_store && stored.srcip == srcip_of(node)) zone.evidence.row(at).marks |= kRowStored;
}

// What the store has is what would be computed now where the inventory is the same: so only what changes is written.
void Ledger::Impl::adopt_rows(LedgerZone& zone) {
  conclusion_->begin(zone.evidence);
  for (std::uint32_t version = 0; version < zone.states.size(); ++version) {
    VersionState& state = zone.states[version];
    if (state.digest != kUnknownContent || state.is_dirty || !zone.is_whole(state)) continue;
    if (state.same_inventory) {
      adopt_version(zone, version);
    } else {
      state.is_dirty = true;
      touch(zone);
    }
  }
}

void Ledger::Impl::adopt_version(LedgerZone& zone, std::uint32_t version) {
  VersionState& state = zone.states[version];
  const ZoneVersion& of = zone.evidence.version_list()[version];
  if (!conclusion_->conclude(of, state.reach, outcome_)) return;
  mark_believed(zone, version, outcome_);
  for (const NodeOutcome& node : outcome_.nodes) {
    if (!node.live) continue;
    const EvidenceRow* row = node.own != nullptr ? node.own : zone.evidence.find(of.serial, node.node, hash_);
    if (row == nullptr) continue;
    std::uint64_t& written = zone.written[static_cast<std::size_t>(row - zone.evidence.rows().data())];
    if (written == kUnknownContent) written = digest_of(node, outcome_, context());
  }
  VersionChange change;
  state.is_pending = false;
  fill_version(zone, state, outcome_, state.reach, change);
  change.last_evidence = state.reach;
  // Other policies' deadlines may have passed since it was written; the store tells the verdict of one only.
  const auto open = std::ranges::count(change.verdicts, Verdict::open, &VerdictRow::verdict);
  const bool is_told = open == 0 || (open == 1 && change.row.verdict == Verdict::open);
  if (is_told && change.row.verdict == state.restored_verdict && outcome_.reach == state.reach) {
    state.digest = version_digest(change, true);
  } else {
    state.due = Timestamp::min();
  }
}

void Ledger::Impl::replace_services(std::vector<ServiceChange> changes) {
  std::ranges::sort(changes, {},
                    [](const ServiceChange& change) { return std::tie(change.at, change.hostname, change.announced); });
  if (changes == services_) return;
  services_ = std::move(changes);
  world_->fleet.set_services(services_);
  find_digests();
  for (const auto& zone : zones_.all()) {
    touch(*zone);
    for (VersionState& state : zone->states) state.is_dirty = state.is_dirty || zone->is_whole(state);
  }
}

void Ledger::Impl::replace_inventory(Inventory inventory) {
  const std::unique_ptr<World> old =
      std::exchange(world_, std::make_unique<World>(std::move(inventory), settings_, hash_));
  world_->fleet.set_services(services_);
  make_conclusion();
  find_digests();
  for (const auto& zone : zones_.all()) move_to_new_world(*zone, *old);
  recount();
}

// Each row to the node that is now meant, with what was written and what was not.
void Ledger::Impl::move_to_new_world(LedgerZone& zone, const World& old) {
  LedgerZone moved(zone.evidence.zone(), zone.key_hash);
  for (std::uint32_t i = 0; i < zone.evidence.rows().size(); ++i) move_row(zone, i, old, moved);
  for (std::uint32_t i = 0; i < zone.written.size(); ++i) {
    if (zone.written[i] != kNotWritten) move_written(zone, i, old, moved);
  }
  for (std::size_t v = 0; v < zone.states.size(); ++v) {
    const Serial serial = zone.evidence.version_list()[v].serial;
    if (moved.evidence.find_version(serial, hash_) == ZoneEvidence::kNoVersion) continue;
    VersionState& state = moved.state_of(serial, hash_);
    state = zone.states[v];
    state.is_dirty = state.is_dirty || zone.is_whole(state);
  }
  for (const NodeIndex node : zone.open_elsewhere) {
    if (const auto row = world_->inventory.nameserver_named(old.nodes.nameserver_of(node)->hostname))
      moved.open_elsewhere.push_back(world_->nodes.nameserver(*row));
  }
  std::ranges::sort(moved.open_elsewhere);
  zone.evidence = std::move(moved.evidence);
  zone.states = std::move(moved.states);
  zone.written = std::move(moved.written);
  zone.open_elsewhere = std::move(moved.open_elsewhere);
  touch(zone).changes.clear();  // all is judged anew
}

void Ledger::Impl::move_row(const LedgerZone& zone, std::uint32_t position, const World& old, LedgerZone& moved) {
  const EvidenceRow& row = zone.evidence.rows()[position];
  if ((row.marks & ~kRowBelieved) == 0 && row.receptions == 0 && row.first_seen() == kNever)
    return;  // only held what was written
  const Nameserver* nameserver = old.nodes.nameserver_of(row.node);
  const std::string old_key = key_in(old, row.node);
  const NodeIndex node = node_of_key(nameserver == nullptr ? "" : nameserver->hostname, old_key);
  const std::uint32_t at = moved.evidence.row_of(row.serial, node, hash_);
  Sighting sighting;
  sighting.node = node;
  sighting.serial = row.serial;
  for (std::size_t kind = 0; kind < kEvidenceKinds; ++kind) {
    if (!row.facts[kind].seen()) continue;
    sighting.kinds = static_cast<std::uint8_t>(1U << kind);
    sighting.fact = row.facts[kind];
    moved.evidence.merge(sighting, sensors_, hash_);
  }
  sighting.kinds = 0;
  sighting.fact = {Timestamp::min(), kNoSensor, kErrorUnknown};
  sighting.receptions = row.receptions;
  moved.evidence.merge(sighting, sensors_, hash_);
  zone.evidence.for_each_lower(row, [&](const LowerBound& bound) {
    sighting.lower = bound;
    moved.evidence.merge(sighting, sensors_, hash_);
  });
  moved.match_sizes();
  EvidenceRow& target = moved.evidence.row(at);
  if ((row.marks & kRowStored) != 0 && srcip_of(node) == old_key) target.marks |= kRowStored;
  target.marks |= row.marks & kRowDirty;
}

void Ledger::Impl::move_written(const LedgerZone& zone, std::uint32_t position, const World& old, LedgerZone& moved) {
  const EvidenceRow& row = zone.evidence.rows()[position];
  const std::string srcip = key_in(old, row.node);
  const auto nameserver = world_->fleet.with_srcip(srcip);
  const NodeIndex node = nameserver ? world_->nodes.nameserver(*nameserver) : node_of_key("", srcip);
  if (srcip_of(node) == srcip) {
    const std::uint32_t at = moved.evidence.row_of(row.serial, node, hash_);
    moved.match_sizes();
    moved.written[at] = kUnknownContent;
    return;
  }
  orphans_.push_back(
      {zone.evidence.zone(), row.serial, zone.states[zone.evidence.find_version(row.serial, hash_)].day_of(), srcip});
}

}  // namespace zonelag::aggregator
