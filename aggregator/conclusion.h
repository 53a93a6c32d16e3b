// Evidence of one zone to live times, references and what rests on them. A pure function of the evidence, the inventory
// and the time up to which evidence is known. No text is made here: most of what is concluded has not changed since.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "evidence.h"
#include "fleet.h"
#include "live_time.h"
#include "node_registry.h"

namespace zonelag::aggregator {

// What a row's lags are measured from: the earliest live time over the nodes of each role.
class References {
 public:
  References() = default;
  explicit References(const Fleet& fleet);
  void clear() { earliest_ = {}; }
  void offer(Role role, const Moment& live, const SensorNames& sensors);
  const std::optional<Moment>& of(Role role) const { return earliest_[static_cast<std::size_t>(role)]; }
  // Whether rows of `role` have a lag from `reference`: section 4's table.
  bool apply(Role reference, Role role) const;

 private:
  std::array<bool, 5> exists_{};
  std::array<std::optional<Moment>, 5> earliest_;
};

// The bound of the difference of two times: none between two facts of one sensor, whose clock is the same.
std::optional<Duration> clock_error_between(const Moment& left, const Moment& right);

// A node as the rows of one version show it.
struct NodeOutcome {
  NodeIndex node{};
  Role role = Role::unknown;
  NodeStatus status = NodeStatus::production;
  bool expected = false;             // a secondary that was in service
  bool known = false;                // to the inventory, or there is none
  std::uint32_t location = 0;        // of an expected one
  const EvidenceRow* own = nullptr;  // for this very version, where it is believed
  std::optional<LiveTime> live;      // empty: open
};

struct VersionOutcome {
  Serial serial;
  Timestamp first_seen = kNever;
  References references;
  std::vector<NodeOutcome> nodes;  // those with a live time, and expected ones
  bool has_sla = true;
  bool is_open = false;  // an expected node has not got it
  // Evidence up to this time may concern rows of the version, plus JoinSettings::settled: its own latest, the latest
  // live time, and until when it is tracked less `settled`.
  Timestamp reach = Timestamp::min();
  Timestamp last_own_evidence = Timestamp::min();  // the latest of what first_seen is the first of
  Timestamp next_change = kNever;                  // when an open node may go out of service
};

// What one conclusion rests on.
struct ConclusionContext {
  const NodeRegistry& nodes;
  const SensorNames& sensors;
  const Fleet& fleet;
  const KeyedHash& hash;
};

// One zone after the other; memory is kept from one to the next.
class ZoneConclusion {
 public:
  explicit ZoneConclusion(const ConclusionContext& context) : context_(context) {}

  // The evidence must stay as it is until the last conclude().
  void begin(const ZoneEvidence& evidence);
  // False: no version, because no known node's evidence for it is believed.
  bool conclude(const ZoneVersion& version, Timestamp now, VersionOutcome& into);
  // Rows since begin() that are not believed because the node was known to have a newer serial.
  const std::vector<const EvidenceRow*>& outdated() const { return outdated_; }

 private:
  struct Place {
    std::uint32_t present_pass = 0;  // the zone's: the node has evidence there
    std::uint32_t version_pass = 0;  // it is among the participants
    std::uint32_t history_pass = 0;  // the zone's: `history` is its position
    std::uint32_t history = 0;
  };
  struct Participant {
    NodeIndex node{};
    Role role = Role::unknown;
    bool known = false;
    const FleetNode* fleet = nullptr;
    const EvidenceRow* own = nullptr;
    bool concluded = false;
  };

  Place& place(NodeIndex node) { return places_[static_cast<std::size_t>(node)]; }
  Participant participant(NodeIndex node) const;
  bool take_participant(NodeIndex node);
  void collect_own(const ZoneVersion& version);
  void collect_others();
  void find_present();
  void find_newer(const ZoneVersion& version);
  void find_other_lowers(const ZoneVersion& version);
  bool is_believed(const EvidenceRow& row);
  void index_rows();
  const NodeHistory& history(NodeIndex node);
  const Timeline& proven(NodeIndex node);
  std::span<const EvidenceRow* const> rows_of(NodeIndex node);
  std::optional<LiveTime> live_time(const Participant& participant, Timestamp tracked_until);
  Timestamp conclude_members(Timestamp now, VersionOutcome& into);
  void conclude_others(Timestamp tracked_until, VersionOutcome& into);
  void add_outcome(const Participant& participant, const std::optional<LiveTime>& live, bool expected,
                   VersionOutcome& into) const;
  Timestamp latest_own(const ZoneVersion& version) const;
  Timestamp latest_believed() const;

  ConclusionContext context_;
  const ZoneEvidence* evidence_ = nullptr;
  bool is_service_zone_ = false;
  std::vector<Place> places_;  // by node
  std::uint32_t zone_pass_ = 0;
  std::uint32_t version_pass_ = 0;
  bool rows_indexed_ = false;
  std::vector<const EvidenceRow*> by_node_;
  std::vector<NodeIndex> present_;
  std::vector<NodeHistory> histories_;
  std::size_t histories_used_ = 0;
  std::vector<const EvidenceRow*> outdated_;
  Timeline proven_;
  std::optional<NodeIndex> proven_of_;

  // Of the version at hand.
  Serial serial_;
  Timestamp first_seen_ = kNever;
  Timestamp newer_from_ = kNever;         // no evidence for a newer serial is earlier
  Timestamp other_lowers_from_ = kNever;  // no lower bound that came for another serial and counts is earlier
  std::vector<Participant> participants_;
};

}  // namespace zonelag::aggregator
