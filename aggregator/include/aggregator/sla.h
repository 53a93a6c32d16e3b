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
// rest on an open member, or there is none. Computed as PostgreSQL does for `interval`: linear between neighbours; here
// to the nanosecond, there to the microsecond. fraction: 0 to 1.
std::optional<Duration> percentile_cont(std::span<const MemberLag> lags, double fraction);

// min is known with one member; median, p90 as percentile_cont; max and avg only when nobody is open.
LagSummary summarise(std::span<const MemberLag> lags);

struct VerdictInput {
  std::span<const MemberLag> lags;      // of the policy's lag, one for each expected location
  std::optional<Duration> clock_error;  // bound over the members; empty: not known, taken as 0
  Timestamp first_seen;
  Timestamp now;  // event time up to which evidence is known
};

// met: the percentile is within the limit (exactly at it: met), clock error included. breached: it is beyond, clock
// error included. undecidable: the error bound straddles the limit. No member at all: none.
// A percentile that rests on an open member is `open` until now reaches first_seen + deadline, from then on `breached`,
// even where the known members alone already exceed the limit or the open ones can no longer make it: until the
// deadline it is the figure that is missing. Members that arrive after the deadline give the figure and with it the
// verdict: a breach is taken back when all that is late is the evidence (or the lag's reference is later than
// first_seen by more than deadline - limit). So the verdict is a function of the evidence and `now` only.
// `figure`, if given: the percentile that was judged; empty: it rests on an open member.
Verdict judge(const Policy& policy, const VerdictInput& input, std::optional<Duration>* figure = nullptr);

}  // namespace zonelag::aggregator
