// When a node had a version live: design.md section 3, from the evidence of one zone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aggregator/rows.h"
#include "evidence.h"

namespace zonelag::aggregator {

// One fact and what it is about.
struct Moment {
  Fact fact;
  EvidenceKind kind = EvidenceKind::announced;
  Serial serial;
};

// Facts of one node in order of time. Answers "the first newer than a serial" without looking at every fact: zones with
// many versions ask it once for each of them.
class Timeline {
 public:
  void add(const Moment& moment) { moments_.push_back(moment); }
  void seal();   // after the last add
  void clear();  // keeps capacity
  // The earliest at or after `from` whose serial is newer (RFC 1982) than `serial`; of several at the same time the
  // strongest kind, then the serial nearest to `serial`.
  std::optional<Moment> first_newer(Serial serial, Timestamp from) const;

 private:
  static constexpr std::size_t kBlock = 64;
  struct Range {
    std::uint32_t low = 0xffffffffU;
    std::uint32_t high = 0;
  };
  std::size_t next_newer(Serial serial, std::size_t at) const;

  std::vector<Moment> moments_;
  std::vector<Range> blocks_;  // of the serials of each kBlock moments
};

struct LiveTime {
  Moment decided_by;  // its time is the upper end
  Basis basis = Basis::none;
  bool superseded = false;
  std::optional<Timestamp> not_before;
};

// All evidence of one node in one zone. Empty: that of the version at hand is all that can matter.
class NodeHistory {
 public:
  void add(const ZoneEvidence& evidence, const EvidenceRow& row);
  void seal();
  void clear();
  // Of the version whose first evidence at any known node is `first_seen`; `own` is this node's, or null. Evidence for
  // newer serials counts up to `tracked_until`.
  std::optional<LiveTime> live_time(const ZoneEvidence& evidence, Serial version, const EvidenceRow* own,
                                    Timestamp first_seen, Timestamp tracked_until) const;

 private:
  struct HeldBound {
    LowerBound bound;
    Serial of;  // whose evidence it came with
  };
  std::optional<Moment> newer(const Timeline& timeline, Serial version, Timestamp from, Timestamp until) const;
  std::optional<Timestamp> latest_bound(const ZoneEvidence& evidence, Serial version, const EvidenceRow* own,
                                        Timestamp first_seen, const LiveTime& live) const;

  Timeline shown_;  // announced, offered, served
  Timeline received_;
  std::vector<HeldBound> lowers_;
};

// The earliest time at which the row shows its serial; kNever: it does not.
Timestamp shown_at(const EvidenceRow& row);

}  // namespace zonelag::aggregator
