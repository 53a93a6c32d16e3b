// Percentiles as PostgreSQL's percentile_cont, with members that are still open; verdicts.
#pragma once

#include <optional>
#include <span>

#include "aggregator/policy.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator {

// One member (a node or a location) of a population: its lag, or open.
using MemberLag = std::optional<Duration>;

// percentile_cont(fraction) over `lags`, open members sorting as later than all others: empty when the result would
// rest on an open member, or there is none. Computed as PostgreSQL does for `interval`: linear between neighbours.
std::optional<Duration> percentile_cont(std::span<const MemberLag> lags, double fraction);

// min is known with one member; median, p90 as percentile_cont; max and avg only when nobody is open.
LagSummary summarise(std::span<const MemberLag> lags);

struct VerdictInput {
  std::span<const MemberLag> lags;           // of the policy's lag, one for each expected location
  std::optional<Duration> clock_error;       // bound over the members; empty: not known, taken as 0
  Timestamp first_seen;
  Timestamp now;                             // event time up to which evidence is known
};

// met: the percentile is within the limit, clock error included. breached: it is beyond. undecidable: the error bound
// straddles the limit. Percentile not known because of open members: open up to first_seen + deadline, then breached.
// No member at all: none.
Verdict judge(const Policy& policy, const VerdictInput& input);

}  // namespace zonelag::aggregator
