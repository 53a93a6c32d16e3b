// What was concluded, as rows; and digests of what a row would say, so that it is made only when it says something
// else.
#pragma once

#include <string>
#include <vector>

#include "aggregator/changes.h"
#include "conclusion.h"

namespace zonelag::aggregator {

NodeRow node_row(const NodeOutcome& node, const VersionOutcome& version, const ZoneName& zone,
                 const ConclusionContext& context);

// Deltas, summaries and counts; verdicts apart.
VersionRow summary_of(const VersionOutcome& version, const ZoneName& zone, const ConclusionContext& context);

// Nothing: the policy does not apply (no such reference in the fleet, nobody expected, no SLA at all).
std::optional<VerdictRow> verdict_of(const VersionOutcome& version, const Policy& policy, Timestamp latest);

// Whole rows in the order of rows, judged by `policy`.
VersionRow version_row(const VersionOutcome& version, const ZoneName& zone, const ConclusionContext& context,
                       const Policy* policy, Timestamp latest);

// 64 bits, keyed by the context's hash; not 0 and not 1. Of all that node_row() shows: that a row is not written
// although it changed takes two rows of equal digest, one chance in 2^64 for each change, and nobody who does not know
// the key can look for such a pair. What a row is about is never compared by it.
std::uint64_t digest_of(const NodeOutcome& node, const VersionOutcome& version, const ConclusionContext& context);
std::uint64_t digest_of(const VersionRow& row, const std::vector<VerdictRow>& verdicts,
                        const std::vector<std::string>& open_nodes, const KeyedHash& hash);

}  // namespace zonelag::aggregator
