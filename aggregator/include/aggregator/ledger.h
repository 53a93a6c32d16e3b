// The open versions of the zones whose partitions this process holds, kept while events come: the Join's evidence and
// conclusions, with what of them the store does not have yet. Pure: no clock, no Kafka, no database; one thread.
//
//   wanted() -> the runner reads that from the store -> restore(), again until nothing is wanted -> consume() each
//   event
//   -> take_changes() -> the runner writes those with the offsets in one transaction. When that fails: clear(), and
//   begin again from the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/inventory.h"
#include "aggregator/join.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

// A version leaves memory when its horizon is over, or when it has settled (join.h), but not while a policy's deadline
// is still to come.
struct LedgerSettings : JoinSettings {
  std::vector<Policy> policies;  // judged besides the inventory's
  bool transfers = true;         // rows for transfers are wanted
  JoinLimits limits;
};

struct LedgerCounters {
  JoinCounters join;
  std::uint64_t repeated = 0;  // events whose sequence number of this sensor's run was seen before
  std::uint64_t restored_versions = 0;
  std::uint64_t closed_versions = 0;    // left memory
  std::uint64_t reopened_versions = 0;  // came back for late evidence
  std::uint64_t rows_unchanged = 0;     // computed again, and the same as what is written
};

class Ledger {
 public:
  Ledger(Inventory inventory, LedgerSettings settings);
  ~Ledger();
  Ledger(Ledger&&) noexcept;

  // What must be restored before these events can be consumed; empty: nothing. To be asked again after restore(): what
  // came may rest on more. Versions that are in memory with all that they rest on are not asked for again, nor is a
  // version that restore() has said does not exist, until take_changes().
  std::vector<WantedZone> wanted(std::span<const Event> events);
  // Merges what the store has into memory: rows count as written. `zone` without versions: there are none.
  void restore(const StoredZone& zone);
  // The latest heartbeats, to whoever comes to hold the partition that is kHeartbeatZone's home: those of sensors that
  // are not known here.
  void restore(std::span<const SensorChange> sensors);

  void consume(const Event& event);

  // Rows that differ from what is written, judged with evidence up to `now` (event time: the latest of all partitions).
  // They count as written from here on. With `all`: every version in memory is judged again for `now`, not only those
  // of zones with new evidence (deadlines pass without events); cheap enough for once a second.
  void take_changes(Timestamp now, bool all, Changes& into);

  // Another inventory: evidence is attributed anew (a hostname's stays with the hostname, an address's goes to the node
  // that has it now), every version in memory is computed again at the next take_changes().
  void replace_inventory(Inventory inventory);
  // Maintenance by the pseudo-zone bgp and by status, of all nodes: replaces what was given before.
  void replace_services(std::vector<ServiceChange> changes);
  const Inventory& inventory() const;
  std::uint64_t inventory_digest() const;  // of what rows depend on: inventory, services, settings

  // Versions past the horizon, or settled, by `now`: out of memory. Call after the changes are written.
  std::size_t close_versions(Timestamp now);
  // Forgets the zones for which `drop(key_hash)` holds: their partitions were given away. Call after the changes are
  // written, or together with clear().
  void drop_zones(const std::function<bool(std::uint32_t key_hash)>& drop);
  void clear();

  Timestamp latest() const;  // the latest event time consumed; not of restored evidence
  std::size_t versions() const;
  std::size_t zones() const;
  std::size_t open_pairs() const;  // (version, node) pairs held
  std::size_t memory_bytes() const;
  const LedgerCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
