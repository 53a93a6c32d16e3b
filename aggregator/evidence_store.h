// All evidence, by zone, within limits: what a hostile sender can make grow is bounded, evicted oldest first and
// counted.
#pragma once

#include <cstdint>
#include <vector>

#include "aggregator/join.h"
#include "evidence.h"
#include "keyed_hash.h"
#include "node_registry.h"
#include "slot_table.h"

namespace zonelag::aggregator {

struct EvictionCounters {
  std::uint64_t versions = 0;
  std::uint64_t unknown_rows = 0;
  std::uint64_t zones = 0;
};

class EvidenceStore {
 public:
  EvidenceStore(NodeRegistry& nodes, const JoinLimits& limits, const KeyedHash& hash)
      : nodes_(nodes), limits_(limits), hash_(hash), sensors_(hash) {}

  // `known`: the node makes versions (NodeRegistry::is_known).
  void add(const ZoneName& zone, const Sighting& sighting, bool known);
  SensorNames& sensors() { return sensors_; }
  const SensorNames& sensors() const { return sensors_; }
  const KeyedHash& hash() const { return hash_; }

  // Drops every version first seen before `time`; returns how many.
  std::size_t forget_versions_before(Timestamp time);

  const ZoneEvidence* find(const ZoneName& zone) const;
  std::vector<const ZoneEvidence*> zones_in_text_order() const;
  std::size_t rows() const { return rows_; }
  const EvictionCounters& evicted() const { return evicted_; }
  std::size_t memory_bytes() const;

 private:
  ZoneEvidence& zone_at(const ZoneName& zone);
  void enforce_limits(ZoneEvidence& changed);
  void evict_versions(ZoneEvidence& zone);
  void evict_unknown_rows();
  void evict_zones();
  void evict_rows();
  void forget_empty_zones();
  void recount();
  std::size_t count_unknown(const ZoneEvidence& zone) const;
  void forget_unused_addresses();

  NodeRegistry& nodes_;
  JoinLimits limits_;
  KeyedHash hash_;
  SensorNames sensors_;
  std::vector<ZoneEvidence> zones_;
  SlotTable slots_;
  std::size_t rows_ = 0;
  std::size_t unknown_rows_ = 0;
  std::size_t collect_addresses_at_ = 65'536;
  EvictionCounters evicted_;
};

}  // namespace zonelag::aggregator
