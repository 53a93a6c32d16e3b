// What is known about each (zone, serial, node): the first time of each kind of evidence, and lower bounds. Merging is
// commutative, associative and idempotent, so the content does not depend on the order or repetition of what was added.
// Compact: 96 bytes a row, rows of a zone in one vector; those of one version are a chain.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "aggregator/claim.h"
#include "decoder/event.h"
#include "keyed_hash.h"
#include "slot_table.h"

namespace zonelag::aggregator {

using decoder::Duration;
using decoder::Serial;
using decoder::Timestamp;
using decoder::ZoneName;

enum class NodeIndex : std::uint32_t {};    // of NodeRegistry
enum class SensorIndex : std::uint32_t {};  // of SensorNames
inline constexpr SensorIndex kNoSensor{0xffffffffU};

// A clock's maximum error in whole microseconds, as adjtimex has it; rounded up, at most 71 minutes.
enum class ClockError : std::uint32_t {};
inline constexpr ClockError kErrorUnknown{0xffffffffU};
ClockError to_clock_error(const std::optional<Duration>& error);
std::optional<Duration> to_duration(ClockError error);

inline constexpr Timestamp kNever = Timestamp::max();

struct Fact {
  Timestamp time = kNever;
  SensorIndex sensor = kNoSensor;
  ClockError error = kErrorUnknown;
  bool seen() const { return time != kNever; }
};

inline constexpr std::size_t kMaxLowerBounds = 4;  // of a row: the latest are kept

struct EvidenceRow {
  Serial serial;
  NodeIndex node{};
  std::array<Fact, kEvidenceKinds> facts;
  Timestamp lower_time = Timestamp::min();  // the latest lower bound; min: none
  Serial lower_serial;
  std::uint32_t more_lower = 0;  // the others: 1 + position among the zone's; 0: none
  std::uint32_t next = 0;        // of the same version: 1 + position; 0: none
  std::uint8_t receptions = 0;   // bit(Reception): how the announcement was answered
  std::uint8_t marks = 0;        // the owner's; not merged

  const Fact& fact(EvidenceKind kind) const { return facts[static_cast<std::size_t>(kind)]; }
  Timestamp first_seen() const;  // kNever: only answers to an announcement were seen, not itself
};
static_assert(sizeof(EvidenceRow) == 96);

// Sensor names to indices. Bounded: sensors are our own, but a broken one may change its name all the time.
class SensorNames {
 public:
  static constexpr std::uint32_t kMaxSensors = 100'000;
  explicit SensorNames(const KeyedHash& hash) : hash_(hash) {}
  SensorIndex index_of(std::string_view name);  // kNoSensor beyond the limit, counted
  const std::string& name(SensorIndex index) const { return names_[static_cast<std::size_t>(index)]; }
  // Order of facts: time, then the smaller (a known) clock error, then the sensor's name.
  bool earlier(const Fact& left, const Fact& right) const;
  std::uint64_t over_limit() const { return over_limit_; }
  std::size_t memory_bytes() const;

 private:
  KeyedHash hash_;
  std::vector<std::string> names_;
  SlotTable slots_;
  SensorIndex last_ = kNoSensor;
  std::uint64_t over_limit_ = 0;
};

// One fact or several of the same moment, about one node and one version.
struct Sighting {
  NodeIndex node{};
  Serial serial;
  std::uint8_t kinds = 0;       // bit(EvidenceKind)
  std::uint8_t receptions = 0;  // bit(Reception)
  Fact fact;
  std::optional<LowerBound> lower;
};

// What merging a sighting changed.
struct Merged {
  std::uint32_t row = 0;  // its position
  bool is_new = false;
  bool changed = false;
  bool bound_changed = false;
  Timestamp from = kNever;  // the earliest time that is new to the row
};

// A serial of which there is evidence. Times over all its rows, whoever they are of: what lies outside of them need not
// be looked for.
struct ZoneVersion {
  Serial serial;
  std::uint32_t first_row = 0;  // head of the chain: 1 + position; 0: no row
  Timestamp earliest = kNever;  // fact
  Timestamp earliest_lower = kNever;
  Timestamp latest_lower = Timestamp::min();
};

class ZoneEvidence {
 public:
  static constexpr std::uint32_t kNoVersion = SlotTable::kNone;
  explicit ZoneEvidence(const ZoneName& zone) : zone_(zone) {}

  // True: a row is new.
  bool add(const Sighting& sighting, const SensorNames& sensors, const KeyedHash& hash) {
    return merge(sighting, sensors, hash).is_new;
  }
  Merged merge(const Sighting& sighting, const SensorNames& sensors, const KeyedHash& hash);
  // The row of a version and a node, without facts where there was none.
  std::uint32_t row_of(Serial serial, NodeIndex node, const KeyedHash& hash);

  const ZoneName& zone() const { return zone_; }
  std::span<const EvidenceRow> rows() const { return rows_; }
  EvidenceRow& row(std::uint32_t position) { return rows_[position]; }
  std::size_t versions() const { return versions_.size(); }
  std::span<const ZoneVersion> version_list() const { return versions_; }
  std::uint32_t find_version(Serial serial, const KeyedHash& hash) const;  // position; kNoVersion: none
  std::uint32_t version_of(Serial serial, const KeyedHash& hash);          // added where there is none
  const EvidenceRow* find(Serial serial, NodeIndex node, const KeyedHash& hash) const;
  template <typename Take>
  void for_each_row(const ZoneVersion& version, Take take) const {
    for (std::uint32_t at = version.first_row; at != 0; at = rows_[at - 1].next) take(rows_[at - 1]);
  }
  Timestamp latest() const { return latest_; }
  // Nodes with a row, where that is known without a look at each: in zones of several versions and few nodes. Else
  // empty.
  std::span<const NodeIndex> nodes() const {
    return many_ ? std::span<const NodeIndex>(many_->nodes) : std::span<const NodeIndex>();
  }
  // Calls take(bound) for each lower bound of the row.
  template <typename Take>
  void for_each_lower(const EvidenceRow& row, Take take) const {
    if (row.lower_time != Timestamp::min()) take(LowerBound{row.lower_time, row.lower_serial});
    for (std::uint32_t at = row.more_lower; at != 0; at = lowers_[at - 1].next) take(lowers_[at - 1].bound);
  }

  using RowTest = std::function<bool(const EvidenceRow&)>;
  // Keeps the rows that pass; returns how many did not.
  std::size_t keep_if(const RowTest& keep, const KeyedHash& hash);
  // Drops the `count` versions that were seen first, those without any `known` row before all others. Both: how many.
  std::size_t evict_versions(std::size_t count, const RowTest& known, const KeyedHash& hash);
  std::size_t forget_versions_before(Timestamp time, const KeyedHash& hash);
  std::size_t memory_bytes() const;

 private:
  struct ChainedBound {
    LowerBound bound;
    std::uint32_t next = 0;
  };
  // What only zones of several versions have.
  struct ManyVersions {
    SlotTable slots;  // of more than a few
    std::vector<NodeIndex> nodes;
    bool too_many_nodes = false;
  };
  static std::uint64_t row_hash(const EvidenceRow& row, const KeyedHash& hash);
  std::uint32_t position_of(Serial serial, NodeIndex node, const KeyedHash& hash) const;
  void append(Serial serial, NodeIndex node, const KeyedHash& hash);
  void link(std::uint32_t position, const KeyedHash& hash);
  void note_node(NodeIndex node);
  void list_nodes();
  void add_version(Serial serial, const KeyedHash& hash);
  bool add_lower(EvidenceRow& row, const LowerBound& bound);
  void rebuild(const KeyedHash& hash);
  // Not known before known, then by first_seen; the serial makes the order total. By position in versions_.
  using Rank = std::tuple<bool, Timestamp, std::uint32_t>;
  std::vector<Rank> ranks(const RowTest& known, const KeyedHash& hash) const;
  std::size_t keep_ranks_from(const Rank& first_kept, const std::vector<Rank>& ranks, const KeyedHash& hash);

  ZoneName zone_;
  SlotTable row_slots_;
  std::vector<EvidenceRow> rows_;
  Timestamp latest_ = Timestamp::min();
  std::vector<ZoneVersion> versions_;  // each serial with a row, once
  std::unique_ptr<ManyVersions> many_;
  std::vector<ChainedBound> lowers_;
};

}  // namespace zonelag::aggregator
