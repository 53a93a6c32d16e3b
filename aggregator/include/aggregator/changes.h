// What the aggregator keeps in its store, and what one batch of events changes there. The store is the state, memory a
// cache of it (design.md section 6). Times are event times in UTC nanoseconds: evidence is kept whole, so that a
// restart computes the same rows again; rows for users are rounded to PostgreSQL's microseconds by the store.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/claim.h"
#include "aggregator/exchange_rows.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator {

// The first time of one kind of evidence. `sensor`: who saw it; empty: not known (no clock error is known then).
struct StoredFact {
  Timestamp time;
  std::string sensor;
  std::optional<Duration> clock_error;  // whole microseconds
  friend bool operator==(const StoredFact&, const StoredFact&) = default;
};

// All evidence of one node for one version: one row of `evidence`. The node is `hostname` where the inventory knew it
// when the evidence came, else it is the address alone. Key: zone, serial, srcip.
struct StoredEvidence {
  ZoneName zone;
  Serial serial;
  std::string hostname;  // empty: not of the inventory's nameservers (a customer, an unknown source)
  std::string srcip;     // the node's ip4, else its ip6; a customer's or unknown source's: the address seen
  std::array<std::optional<StoredFact>, kEvidenceKinds> facts;  // by EvidenceKind
  std::vector<LowerBound> lowers;                               // at most 4, latest first
  std::uint8_t receptions = 0;                                  // bit(Reception)
  friend bool operator==(const StoredEvidence&, const StoredEvidence&) = default;
};

// The day (UTC) in whose partitions all rows of a version lie: that of its first_seen when it was first written. It
// stays, whatever evidence comes later, so (zone, serial) is unique over all partitions.
using Day = std::chrono::sys_days;

// What the store gives back of a version. Its rows were computed under `inventory`: when that is the present
// inventory's digest, they are what would be computed now.
struct StoredVersion {
  Serial serial;
  Day day;
  std::uint64_t inventory = 0;  // 0: no version (yet), see VersionChange
  Timestamp first_seen;
  Timestamp last_evidence;  // see VersionChange
  Verdict verdict = Verdict::none;
  std::vector<std::string> rows;        // srcip of each row in `serials`
  std::vector<std::string> open_nodes;  // hostnames
  std::vector<StoredEvidence> evidence;
};

// All that a ledger needs to know of a zone before it takes an event of it.
struct StoredZone {
  ZoneName zone;
  std::vector<StoredVersion> versions;
  // `versions` has all versions of the zone whose last_evidence is not before this. See WantedZone.
  Timestamp since = Timestamp::min();
  // Hostnames that are open in some version of the zone that is not in `versions`.
  std::vector<std::string> open_elsewhere;
};

// What must be read from the store first: versions of the zone that are not in memory, or not with all that they rest
// on.
struct WantedZone {
  ZoneName zone;
  bool zone_is_new = false;        // not in memory at all: open_elsewhere is wanted, too
  std::vector<Serial> serials;     // these, where they exist
  std::vector<std::string> nodes;  // and every version in which one of these hostnames is open
  Timestamp since = Timestamp::max();
  // StoredZone::since is the earliest of `since` and the first_seen of the versions found by `serials` and `nodes`:
  // with them come all versions whose last_evidence is not before that, for rows rest on evidence of others, too. The
  // same goes for open zones at the start. And for each of `serials` come those versions with a newer serial (RFC 1982:
  // serial + 1 ... serial + 2^31 - 1) that have the latest last_evidence, at most kNewerWanted: a NOTIFY for an old
  // serial is to be known as such.
  static constexpr std::size_t kNewerWanted = 100;
};

enum class Write : std::uint8_t { insert, update };

struct EvidenceChange {
  Write write = Write::insert;
  Day day;
  StoredEvidence row;
};

// One row of `serials`. NodeRow::live_at is set.
struct NodeChange {
  Write write = Write::insert;
  Day day;
  NodeRow row;
};

struct NodeRemoval {
  ZoneName zone;
  Serial serial;
  Day day;
  std::string srcip;
};

struct VerdictRow {
  std::string policy;
  Verdict verdict = Verdict::none;
  std::optional<Duration> figure;       // the percentile of the policy's lag; empty: it rests on an open node
  std::optional<Duration> clock_error;  // bound of the figure
};

// One row of `versions` (and of the view `slas`), with its verdicts. VersionRow::nodes is empty here.
struct VersionChange {
  Write write = Write::insert;
  Day day;
  // 0: no version, because nobody known vouches for the serial (yet, or any more): a row that says only where its
  // evidence lies; to be shown nowhere.
  std::uint64_t inventory = 0;
  std::uint32_t key_hash = 0;  // of the zone's key, see partition.h
  // Evidence may concern the version up to this time plus LedgerSettings::settled: its own latest evidence and live
  // time; first_seen + horizon - settled while a node is open.
  Timestamp last_evidence;
  Timestamp last_own_evidence;  // of known nodes for this very version, and believed
  VersionRow row;
  std::vector<std::string> open_nodes;  // hostnames, sorted
  std::vector<VerdictRow> verdicts;     // of every policy for the zone; replaces what was written of others
};

// A node came into or left service by the pseudo-zone `bgp`: set semantics, key (hostname, at, announced).
struct ServiceChange {
  std::string hostname;
  Timestamp at;
  bool announced = false;
  friend bool operator==(const ServiceChange&, const ServiceChange&) = default;
};

// An address that the inventory does not know, or a customer's for a zone that is not its own. Added to what is there.
struct CandidateChange {
  std::string srcip;
  bool foreign_customer = false;
  std::uint64_t new_evidence = 0;  // (zone, serial) pairs not seen of it before
  Timestamp first_seen;
  Timestamp last_seen;
  ZoneName last_zone;
};

// A transfer as one sensor saw it. Key: zone, sensor, server and client endpoint, message id, started_at; a later phase
// replaces an earlier one.
struct TransferChange {
  std::string sensor;
  std::uint16_t message_id = 0;
  std::uint16_t server_port = 0;
  std::uint16_t client_port = 0;
  decoder::Transport transport = decoder::Transport::tcp;
  TransferRow row;
};

// A sensor's heartbeat, and what it could not see.
struct SensorChange {
  std::string sensor;
  std::uint64_t boot_id = 0;
  std::string version;
  std::string node;
  Timestamp last_seen;
  std::uint64_t last_sequence = 0;
  std::uint64_t dropped = 0;  // packets, since its start
  std::optional<Duration> clock_error;
  std::uint64_t lost_events = 0;     // since its start
  std::optional<Duration> interval;  // between two heartbeats: the shortest seen
};
enum class Blindness : std::uint8_t { dropped_packets, lost_events, silent };
const char* to_string(Blindness kind);  // "dropped packets", ...
struct BlindTime {
  std::string sensor;
  std::uint64_t boot_id = 0;
  Timestamp from;
  Timestamp until;
  Blindness kind = Blindness::dropped_packets;
  std::uint64_t lost = 0;  // packets or events; 0: not known
};

// Everything that one batch changes; written in one transaction with the batch's offsets.
struct Changes {
  std::vector<EvidenceChange> evidence;
  std::vector<VersionChange> versions;
  std::vector<NodeChange> nodes;
  std::vector<NodeRemoval> removed_nodes;
  std::vector<ServiceChange> services;
  std::vector<CandidateChange> candidates;
  std::vector<TransferChange> transfers;
  std::vector<SensorChange> sensors;
  std::vector<BlindTime> blind_times;

  bool empty() const;
  std::size_t rows() const;
  void clear();  // keeps capacity
};

}  // namespace zonelag::aggregator
