// A zone in the ledger's memory: its evidence, what is written of it, and how far back it is whole. Private to the
// room.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "aggregator/changes.h"
#include "evidence.h"
#include "keyed_hash.h"
#include "slot_table.h"

namespace zonelag::aggregator {

// EvidenceRow::marks.
inline constexpr std::uint8_t kRowStored = 1;    // in the store, under the node's present key
inline constexpr std::uint8_t kRowDirty = 2;     // with content that the store does not have
inline constexpr std::uint8_t kRowBelieved = 4;  // when its version was judged last

// Of what is written of a row: a digest, or one of these.
inline constexpr std::uint64_t kNotWritten = 0;
inline constexpr std::uint64_t kUnknownContent = 1;

struct VersionState {
  Timestamp first_seen = kNever;       // where it is no version: the first evidence of anybody
  Timestamp reach = Timestamp::min();  // VersionChange::last_evidence
  Timestamp due = kNever;              // to be judged again then, whatever comes
  std::uint64_t digest = kNotWritten;
  std::int32_t day = 0;
  bool has_day = false;
  bool is_open = false;
  bool is_pending = false;  // a policy's deadline is still to come
  bool is_dirty = false;
  bool same_inventory = false;  // the rows that were restored are what would be computed now
  Verdict restored_verdict = Verdict::none;

  Day day_of() const { return Day(std::chrono::days(day)); }
};

struct LedgerZone {
  LedgerZone(const ZoneName& zone, std::uint32_t hash) : evidence(zone), key_hash(hash) {}

  // One for each version and row of the evidence. To be called after it grew.
  void match_sizes();
  VersionState& state_of(Serial serial, const KeyedHash& hash) { return states[evidence.find_version(serial, hash)]; }
  // Whether what a version first seen then rests on is here.
  bool is_whole(const VersionState& state) const { return state.first_seen >= floor; }
  // Keeps the versions whose flag is set.
  void keep_versions(const std::vector<bool>& keep, const KeyedHash& hash);
  void find_due();
  void find_context_reach();
  std::size_t memory_bytes() const;

  ZoneEvidence evidence;
  std::vector<VersionState> states;
  std::vector<std::uint64_t> written;          // by row: digest of the node's row of results
  std::vector<NodeIndex> open_elsewhere;       // sorted: open in versions that are not here
  Timestamp floor = Timestamp::min();          // every version whose reach is not before this is here
  Timestamp context_reach = Timestamp::min();  // the latest among versions that are not whole
  Timestamp due = kNever;
  Timestamp next_close = Timestamp::min();
  std::uint32_t key_hash;
  bool is_touched = false;
  std::uint32_t touched_at = 0;
};

// Zones by name; they keep their place in memory.
class LedgerZones {
 public:
  explicit LedgerZones(const KeyedHash& hash) : hash_(hash) {}
  LedgerZone* find(const ZoneName& zone);
  LedgerZone& at(const ZoneName& zone, bool& is_new);
  void clear();
  template <typename Drop>
  void erase_if(Drop drop) {
    if (std::erase_if(zones_, [&](const auto& zone) { return drop(*zone); }) == 0) return;
    slots_.rebuild(static_cast<std::uint32_t>(zones_.size()),
                   [&](std::uint32_t i) { return hash_(zones_[i]->evidence.zone().wire()); });
  }
  const std::vector<std::unique_ptr<LedgerZone>>& all() const { return zones_; }
  std::size_t memory_bytes() const;

 private:
  KeyedHash hash_;
  std::vector<std::unique_ptr<LedgerZone>> zones_;
  SlotTable slots_;
};

}  // namespace zonelag::aggregator
