// Evidence of one zone to rows: live times, references, lags, the version's summaries and verdict. A pure function of
// the evidence, the inventory and the time up to which evidence is known.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/join.h"
#include "evidence.h"
#include "live_time.h"
#include "node_registry.h"

namespace zonelag::aggregator {

// What a row's lags are measured from: the earliest live time over the nodes of each role.
class References {
 public:
  // Roles of which the inventory has a node that could give the reference; a customer's always applies.
  explicit References(const Inventory& inventory);
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
  const NodeRow* row = nullptr;
  const LiveTime* live = nullptr;  // null: open
  bool expected = false;           // a production secondary
};

// Fills in deltas, summaries, counts and the verdict (none without policy).
void summarise_version(VersionRow& version, const std::vector<NodeOutcome>& nodes, const References& references,
                       const Policy* policy, Timestamp latest);

class ZoneConclusion {
 public:
  ZoneConclusion(const ZoneEvidence& evidence, const NodeRegistry& nodes, const SensorNames& sensors);
  // Versions by first_seen, then serial.
  void for_each_version(const std::function<void(const VersionRow&)>& row, const Policy* policy, Timestamp latest);

 private:
  struct Participant {
    NodeIndex node{};
    NodeRow face;  // what is the same for each version
    bool known = false;
    bool expected = false;
    NodeHistory history;
    const EvidenceRow* own = nullptr;  // of the version at hand
    std::optional<LiveTime> live;      // of the version at hand
  };
  struct Version {
    Serial serial;
    Timestamp first_seen = kNever;
  };

  void add_participants();
  Participant participant(NodeIndex node) const;
  void collect_rows();
  void collect_versions();
  void collect_histories();
  std::size_t position_of(NodeIndex node) const;
  void find_live_times(const Version& version);
  NodeRow node_row(const Participant& participant, const Version& version) const;
  VersionRow conclude(const Version& version, const Policy* policy, Timestamp latest);

  const ZoneEvidence& evidence_;
  const NodeRegistry& nodes_;
  const SensorNames& sensors_;
  References references_;
  std::vector<Participant> participants_;  // in the order of rows
  std::vector<std::uint32_t> positions_;   // by order of node index: position in participants_
  std::vector<const EvidenceRow*> rows_;   // credible ones, by serial; those of tracked versions
  std::vector<Version> versions_;
};

}  // namespace zonelag::aggregator
