#include "memory_store.h"

#include <algorithm>
#include <set>

#include "aggregator/partition.h"

namespace zonelag::aggregator {
namespace {

using Tables = MemoryDatabase::Tables;
using Versions = std::map<std::uint32_t, const VersionChange*>;  // of a zone, by serial

Versions versions_of(const Tables& tables, const ZoneName& zone) {
  Versions versions;
  for (auto at = tables.versions.lower_bound({zone, 0}); at != tables.versions.end(); ++at) {
    if (std::get<0>(at->first) != zone) break;
    versions.emplace(std::get<1>(at->first), &at->second);
  }
  return versions;
}

StoredVersion stored(const Tables& tables, const VersionChange& version) {
  StoredVersion result;
  result.serial = version.row.serial;
  result.day = version.day;
  result.inventory = version.inventory;
  result.first_seen = version.row.first_seen;
  result.last_evidence = version.last_evidence;
  result.verdict = version.row.verdict;
  result.open_nodes = version.open_nodes;
  const auto each = [&](const auto& table, const auto& use) {
    const auto first = table.lower_bound({version.row.zone, version.row.serial.value(), ""});
    for (auto at = first; at != table.end(); ++at) {
      const auto& [zone, serial, srcip] = at->first;
      if (zone != version.row.zone || serial != version.row.serial.value()) break;
      use(at->second.row);
    }
  };
  each(tables.evidence, [&](const StoredEvidence& row) { result.evidence.push_back(row); });
  each(tables.rows, [&](const NodeRow& row) { result.rows.push_back(row.srcip); });
  return result;
}

StoredZone stored_zone(const Tables& tables, const ZoneName& zone, const Versions& all,
                       const std::set<std::uint32_t>& taken, Timestamp since) {
  StoredZone result;
  result.zone = zone;
  result.since = since;
  std::set<std::string> elsewhere;
  for (const auto& [serial, version] : all) {
    if (taken.contains(serial)) {
      result.versions.push_back(stored(tables, *version));
    } else {
      elsewhere.insert(version->open_nodes.begin(), version->open_nodes.end());
    }
  }
  result.open_elsewhere.assign(elsewhere.begin(), elsewhere.end());
  return result;
}

void add_since(const Versions& all, Timestamp since, std::set<std::uint32_t>& taken) {
  for (const auto& [serial, version] : all) {
    if (version->last_evidence >= since) taken.insert(serial);
  }
}

void add_newer(const Versions& all, Serial wanted, std::set<std::uint32_t>& taken) {
  std::vector<const VersionChange*> newer;
  for (const auto& [serial, version] : all) {
    if (decoder::is_newer(Serial(serial), wanted)) newer.push_back(version);
  }
  std::ranges::sort(newer, std::greater(), &VersionChange::last_evidence);
  if (newer.size() > WantedZone::kNewerWanted) newer.resize(WantedZone::kNewerWanted);
  for (const VersionChange* version : newer) taken.insert(version->row.serial.value());
}

StoredZone load_zone(const Tables& tables, const WantedZone& wanted) {
  const Versions all = versions_of(tables, wanted.zone);
  Timestamp since = wanted.since;
  std::set<std::uint32_t> taken;
  for (const auto& [serial, version] : all) {
    const bool is_named = std::ranges::find(wanted.serials, Serial(serial)) != wanted.serials.end();
    const bool is_open = std::ranges::any_of(wanted.nodes, [&](const std::string& node) {
      return std::ranges::find(version->open_nodes, node) != version->open_nodes.end();
    });
    if (is_named || is_open) since = std::min(since, version->row.first_seen);
    if (is_named || is_open) taken.insert(serial);
  }
  add_since(all, since, taken);
  for (const Serial serial : wanted.serials) add_newer(all, serial, taken);
  return stored_zone(tables, wanted.zone, all, taken, since);
}

bool is_open(const VersionChange& version, Timestamp since, Timestamp settled_since) {
  const bool is_pending =
      std::ranges::find(version.verdicts, Verdict::open, &VerdictRow::verdict) != version.verdicts.end();
  return is_pending || (version.row.first_seen >= since && version.last_evidence >= settled_since);
}

}  // namespace

std::unexpected<StoreError> MemoryStore::fail(StoreFault kind, std::string text) {
  transaction_.reset();
  return std::unexpected(StoreError{kind, std::move(text)});
}

std::optional<StoreError> MemoryStore::asked_fault(const char* operation) {
  if (!fault) return std::nullopt;
  const auto kind = fault(operation);
  if (!kind) return std::nullopt;
  transaction_.reset();
  return StoreError{*kind, std::string("asked for at ") + operation};
}

Stored<std::vector<PartitionState>> MemoryStore::adopt(std::span<const std::int32_t> partitions, std::int32_t layout) {
  if (auto asked = asked_fault("adopt")) return std::unexpected(*asked);
  std::vector<PartitionState> states;
  for (const auto& [number, partition] : database_.tables.partitions) {
    if (partition.layout > layout) return fail(StoreFault::fenced, "the topic has more partitions");
  }
  for (auto& [number, partition] : database_.tables.partitions) partition.layout = layout;
  for (const std::int32_t number : partitions) {
    MemoryDatabase::Partition& partition = database_.tables.partitions[number];
    partition.holder = holder_;
    partition.layout = layout;
    states.push_back({number, partition.next_offset});
  }
  layout_ = layout;
  return states;
}

Stored<void> MemoryStore::open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                                     Timestamp settled_since, const std::function<void(StoredZone&&)>& take) {
  if (auto asked = asked_fault("open_zones")) return std::unexpected(*asked);
  const Tables& tables = database_.tables;
  for (auto at = tables.versions.begin(); at != tables.versions.end();) {
    const ZoneName zone = std::get<0>(at->first);
    const auto home = static_cast<std::int32_t>(partition_of(at->second.key_hash, static_cast<std::uint32_t>(layout)));
    const Versions all = versions_of(tables, zone);
    while (at != tables.versions.end() && std::get<0>(at->first) == zone) ++at;
    if (std::ranges::find(partitions, home) == partitions.end()) continue;
    Timestamp from = settled_since;
    std::set<std::uint32_t> taken;
    for (const auto& [serial, version] : all) {
      if (!is_open(*version, since, settled_since)) continue;
      taken.insert(serial);
      from = std::min(from, version->row.first_seen);
    }
    if (taken.empty()) continue;
    add_since(all, from, taken);
    take(stored_zone(tables, zone, all, taken, from));
  }
  return {};
}

Stored<std::vector<OutboxEntry>> MemoryStore::pending(std::span<const std::int32_t> partitions) {
  if (auto asked = asked_fault("pending")) return std::unexpected(*asked);
  std::vector<OutboxEntry> entries;
  for (const auto& [id, entry] : database_.tables.outbox) {
    if (std::ranges::find(partitions, entry.partition) != partitions.end()) entries.push_back({id, entry.messages});
  }
  return entries;
}

Stored<std::uint64_t> MemoryStore::begin(std::span<const ConsumedRange> ranges) {
  if (auto asked = asked_fault("begin")) return std::unexpected(*asked);
  if (transaction_) return fail(StoreFault::broken, "a transaction is open");
  transaction_ = database_.tables;
  for (const ConsumedRange& range : ranges) {
    MemoryDatabase::Partition& partition = transaction_->partitions[range.partition];
    if (partition.holder != holder_ || partition.layout != layout_ || partition.next_offset != range.expected_offset)
      return fail(StoreFault::fenced, "somebody else has the partition");
    partition.next_offset = range.next_offset;
    partition.latest = std::max(partition.latest, range.latest);
  }
  return ranges.empty() ? 0 : ++database_.revision;
}

Stored<std::vector<StoredZone>> MemoryStore::load(std::span<const WantedZone> wanted) {
  if (auto asked = asked_fault("load")) return std::unexpected(*asked);
  if (!transaction_) return fail(StoreFault::broken, "load without begin");
  std::vector<StoredZone> zones;
  for (const WantedZone& zone : wanted) zones.push_back(load_zone(*transaction_, zone));
  return zones;
}

Stored<void> MemoryStore::write_version(const VersionChange& change) {
  const MemoryDatabase::VersionKey key{change.row.zone, change.row.serial.value()};
  const auto held = transaction_->versions.find(key);
  if ((held != transaction_->versions.end()) != (change.write == Write::update))
    return fail(StoreFault::broken, "version: insert of what is there, or update of what is not");
  if (held != transaction_->versions.end() && held->second.day != change.day)
    return fail(StoreFault::broken, "version: another day");
  if (!change.row.nodes.empty() || change.key_hash != key_hash(change.row.zone.to_text()))
    return fail(StoreFault::broken, "version: has nodes, or not its key");
  transaction_->versions.insert_or_assign(key, change);
  return {};
}

Stored<void> MemoryStore::write_evidence(const EvidenceChange& change) {
  const MemoryDatabase::RowKey key{change.row.zone, change.row.serial.value(), change.row.srcip};
  const bool is_there = transaction_->evidence.contains(key);
  if (is_there != (change.write == Write::update))
    return fail(StoreFault::broken, "evidence: insert of what is there, or update of what is not");
  const auto version = transaction_->versions.find({change.row.zone, change.row.serial.value()});
  if (version == transaction_->versions.end() || version->second.day != change.day)
    return fail(StoreFault::broken, "evidence: without its version, or of another day");
  if (change.row.lowers.size() > 4) return fail(StoreFault::broken, "evidence: more than 4 bounds");
  transaction_->evidence.insert_or_assign(key, MemoryDatabase::Evidence{change.day, change.row});
  return {};
}

Stored<void> MemoryStore::write_node(const NodeChange& change) {
  const MemoryDatabase::RowKey key{change.row.zone, change.row.serial.value(), change.row.srcip};
  const bool is_there = transaction_->rows.contains(key);
  if (is_there != (change.write == Write::update))
    return fail(StoreFault::broken, "row: insert of what is there, or update of what is not");
  const auto version = transaction_->versions.find({change.row.zone, change.row.serial.value()});
  if (version == transaction_->versions.end() || version->second.day != change.day)
    return fail(StoreFault::broken, "row: without its version, or of another day");
  if (!change.row.live_at) return fail(StoreFault::broken, "row: without a live time");
  transaction_->rows.insert_or_assign(key, MemoryDatabase::Node{change.day, change.row});
  return {};
}

Stored<void> MemoryStore::remove_node(const NodeRemoval& removal) {
  if (transaction_->rows.erase({removal.zone, removal.serial.value(), removal.srcip}) == 1) return {};
  return fail(StoreFault::broken, "row: removal of what is not there");
}

void MemoryStore::write_transfer(const TransferChange& change) {
  const MemoryDatabase::TransferKeyTuple key{change.row.zone,    change.sensor,        change.row.server,
                                             change.server_port, change.row.client,    change.client_port,
                                             change.message_id,  change.row.started_at};
  const auto [at, fresh] = transaction_->transfers.try_emplace(key, change);
  if (!fresh && change.row.outcome != decoder::TransferPhase::started) at->second = change;
}

void MemoryStore::write_rest(const Changes& changes) {
  for (const ServiceChange& change : changes.services)
    transaction_->services.try_emplace({change.hostname, change.at, change.announced}, change);
  for (const CandidateChange& change : changes.candidates) {
    const auto [at, fresh] = transaction_->candidates.try_emplace(change.srcip, change);
    if (fresh) continue;
    CandidateChange& held = at->second;
    held.new_evidence += change.new_evidence;
    held.first_seen = std::min(held.first_seen, change.first_seen);
    if (change.last_seen < held.last_seen) continue;
    held.last_seen = change.last_seen;
    held.last_zone = change.last_zone;
    held.foreign_customer = change.foreign_customer;
  }
  for (const TransferChange& change : changes.transfers) write_transfer(change);
  for (const SensorChange& change : changes.sensors) transaction_->sensors.insert_or_assign(change.sensor, change);
  transaction_->blind_times.insert(transaction_->blind_times.end(), changes.blind_times.begin(),
                                   changes.blind_times.end());
}

Stored<void> MemoryStore::write(const Changes& changes) {
  if (auto asked = asked_fault("write")) return std::unexpected(*asked);
  if (!transaction_) return fail(StoreFault::broken, "write without begin");
  database_.rows_written += changes.rows();
  for (const VersionChange& change : changes.versions) {
    if (auto done = write_version(change); !done) return done;
  }
  for (const NodeRemoval& removal : changes.removed_nodes) {
    if (auto done = remove_node(removal); !done) return done;
  }
  for (const EvidenceChange& change : changes.evidence) {
    if (auto done = write_evidence(change); !done) return done;
  }
  for (const NodeChange& change : changes.nodes) {
    if (auto done = write_node(change); !done) return done;
  }
  write_rest(changes);
  return {};
}

Stored<std::optional<std::int64_t>> MemoryStore::write_outbox(std::int32_t partition,
                                                              std::span<const OutgoingMessage> messages,
                                                              std::span<const std::int64_t> sent) {
  if (auto asked = asked_fault("write_outbox")) return std::unexpected(*asked);
  if (!transaction_) return fail(StoreFault::broken, "write_outbox without begin");
  for (const std::int64_t id : sent) transaction_->outbox.erase(id);
  if (messages.empty()) return std::nullopt;
  const std::int64_t id = transaction_->next_id++;
  transaction_->outbox[id] = {partition, {messages.begin(), messages.end()}};
  return id;
}

Stored<void> MemoryStore::commit() {
  if (auto asked = asked_fault("commit")) return std::unexpected(*asked);
  if (!transaction_) return fail(StoreFault::broken, "commit without begin");
  database_.tables = std::move(*transaction_);
  transaction_.reset();
  return {};
}

Stored<std::optional<Timestamp>> MemoryStore::latest() {
  if (auto asked = asked_fault("latest")) return std::unexpected(*asked);
  std::optional<Timestamp> latest;
  for (const auto& [number, partition] : database_.tables.partitions) {
    if (partition.latest != Timestamp::min()) latest = std::max(latest.value_or(partition.latest), partition.latest);
  }
  return latest;
}

Stored<std::vector<SensorChange>> MemoryStore::sensors() {
  if (auto asked = asked_fault("sensors")) return std::unexpected(*asked);
  std::vector<SensorChange> sensors;
  for (const auto& [name, sensor] : database_.tables.sensors) sensors.push_back(sensor);
  return sensors;
}

Stored<std::vector<ServiceChange>> MemoryStore::services() {
  if (auto asked = asked_fault("services")) return std::unexpected(*asked);
  std::vector<ServiceChange> changes;
  for (const auto& [key, change] : database_.tables.services) changes.push_back(change);
  return changes;
}

}  // namespace zonelag::aggregator
