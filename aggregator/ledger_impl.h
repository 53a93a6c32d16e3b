// Private to the room: what ledger*.cc share.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aggregator/ledger.h"
#include "attribution.h"
#include "candidates.h"
#include "fleet.h"
#include "ledger_zone.h"
#include "outcome_rows.h"
#include "sensor_watch.h"
#include "sequences.h"
#include "transfer_changes.h"

namespace zonelag::aggregator {

class Ledger::Impl {
 public:
  Impl(Inventory inventory, LedgerSettings settings);

  std::vector<WantedZone> wanted(std::span<const Event> events);
  void restore(const StoredZone& zone);
  void restore(std::span<const SensorChange> sensors) { watch_.restore(sensors); }
  void consume(const Event& event);
  void take_changes(Timestamp now, bool all, Changes& into);
  void replace_inventory(Inventory inventory);
  void replace_services(std::vector<ServiceChange> changes);
  std::size_t close_versions(Timestamp now);
  void drop_zones(const std::function<bool(std::uint32_t key_hash)>& drop);
  void clear();

  const Inventory& inventory() const { return world_->inventory; }
  std::uint64_t inventory_digest() const { return full_digest_; }
  Timestamp latest() const { return latest_; }
  std::size_t versions() const;
  std::size_t zones() const { return zones_.all().size(); }
  std::size_t rows() const { return rows_; }
  std::size_t memory_bytes() const;
  const LedgerCounters& counters();

 private:
  // What changes with the inventory.
  struct World {
    World(Inventory rows, const JoinSettings& settings, const KeyedHash& hash)
        : inventory(std::move(rows)), nodes(inventory, hash), fleet(inventory, settings, hash) {}
    Inventory inventory;
    NodeRegistry nodes;
    Fleet fleet;
  };
  // What one event changed in a row.
  struct RowChange {
    std::uint32_t row = 0;
    Timestamp at;    // of the event
    Timestamp from;  // the earliest time that is new
    bool bound_changed = false;
  };
  struct TouchedZone {
    LedgerZone* zone = nullptr;
    std::vector<RowChange> changes;
  };
  // A row of results without evidence of its own.
  struct BareRow {
    Serial serial;
    NodeIndex node;
    std::uint64_t digest = 0;
  };
  struct Asked {
    std::vector<Serial> serials;
    std::vector<NodeIndex> nodes;
  };

  ConclusionContext context() const { return {world_->nodes, sensors_, world_->fleet, hash_}; }
  void make_conclusion() { conclusion_ = std::make_unique<ZoneConclusion>(context()); }
  TouchedZone& touch(LedgerZone& zone);
  void want(const Event& event, const Claim& claim, LedgerZone* zone, WantedZone& into);
  static bool renews_outdated(const EvidenceRow& row, const Event& event, const Claim& claim);
  NodeIndex node_of_key(const std::string& hostname, const std::string& srcip);
  std::string srcip_of(NodeIndex node) const;
  bool is_stranger(NodeIndex node, const ZoneName& zone) const { return !world_->nodes.is_known(node, zone); }

  // ledger_restore.cc
  void keep_open_nodes(LedgerZone& zone, const StoredZone& stored);
  void doubt_outdated(LedgerZone& zone, Serial serial);
  void restore_version(LedgerZone& zone, const StoredVersion& version);
  void restore_evidence(LedgerZone& zone, const StoredEvidence& row, bool from_store);
  void adopt_rows(LedgerZone& zone);
  void adopt_version(LedgerZone& zone, std::uint32_t version);
  StoredVersion stored_form(const LedgerZone& zone, std::uint32_t version) const;
  static std::string key_in(const World& world, NodeIndex node);
  void move_to_new_world(LedgerZone& zone, const World& old);
  void move_row(const LedgerZone& zone, std::uint32_t position, const World& old, LedgerZone& moved);
  void move_written(const LedgerZone& zone, std::uint32_t position, const World& old, LedgerZone& moved);
  void find_digests();

  // ledger_changes.cc
  void find_affected(TouchedZone& touched);
  bool is_affected(const LedgerZone& zone, std::uint32_t version, const RowChange& change) const;
  void judge_zone(LedgerZone& zone, Timestamp now, Changes& into);
  void judge_version(LedgerZone& zone, std::uint32_t version, Timestamp now, Changes& into);
  void mark_believed(LedgerZone& zone, std::uint32_t version, const VersionOutcome& outcome);
  void write_evidence(LedgerZone& zone, std::uint32_t version, Changes& into);
  void write_nodes(LedgerZone& zone, std::uint32_t version, const VersionOutcome& outcome, Changes& into);
  void remove_nodes(LedgerZone& zone, std::uint32_t version, Changes& into);
  std::uint64_t version_digest(const VersionChange& change, bool is_version) const;
  void write_version(LedgerZone& zone, std::uint32_t version, const VersionOutcome* outcome, Timestamp now,
                     Changes& into);
  void fill_version(LedgerZone& zone, VersionState& state, const VersionOutcome& outcome, Timestamp now,
                    VersionChange& change);
  std::vector<VerdictRow> judge_policies(const VersionOutcome& outcome, const ZoneName& zone, Timestamp now,
                                         VersionState& state) const;
  void note_outdated(LedgerZone& zone);
  void add_bare_rows(LedgerZone& zone);
  StoredEvidence stored_row(const LedgerZone& zone, const EvidenceRow& row) const;

  // ledger_close.cc
  bool close_zone(LedgerZone& zone, Timestamp now, Duration horizon, std::size_t& closed);
  Timestamp leaves_at(const VersionState& state, Duration horizon) const;
  void keep_open_nodes(LedgerZone& zone, std::uint32_t version);
  static void add_open_elsewhere(LedgerZone& zone, NodeIndex node);
  void forget_unused_addresses();
  void recount();

  KeyedHash hash_;
  LedgerSettings settings_;
  std::unique_ptr<World> world_;
  SensorNames sensors_;
  std::unique_ptr<ZoneConclusion> conclusion_;
  LedgerZones zones_;
  std::vector<TouchedZone> touched_;
  std::size_t touched_count_ = 0;  // entries of touched_ in use: their vectors are kept
  std::unordered_map<ZoneName, Asked> asked_;
  std::set<std::pair<const LedgerZone*, std::uint32_t>> absent_;  // serials that the store does not have
  std::vector<NodeRemoval> orphans_;                              // rows whose key no node has any more
  std::vector<ServiceChange> services_;
  std::vector<ServiceChange> new_services_;
  std::uint64_t rows_digest_ = 0;  // of inventory and settings
  std::uint64_t full_digest_ = 0;  // and services
  std::size_t rows_ = 0;
  std::size_t stranger_rows_ = 0;
  std::size_t collect_addresses_at_ = 65'536;
  Timestamp latest_ = Timestamp::min();
  Timestamp judged_until_ = Timestamp::min();
  LedgerCounters counters_;
  Candidates candidates_;
  TransferChanges transfers_;
  SensorWatch watch_;
  Sequences sequences_;

  // Kept from one version to the next.
  VersionOutcome outcome_;
  std::vector<BareRow> bare_rows_;
  std::vector<std::uint32_t> judged_;     // versions of the zone at hand whose evidence is to be written
  std::vector<std::uint32_t> live_pass_;  // by node
  std::uint32_t pass_ = 0;
};

}  // namespace zonelag::aggregator
