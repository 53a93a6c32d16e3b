#include <algorithm>

#include "aggregator/sla.h"
#include "outcome_rows.h"

namespace zonelag::aggregator {
namespace {

Role reference_of(LagKind kind) {
  if (kind == LagKind::customer_lag) return Role::customer;
  return kind == LagKind::incoming_lag ? Role::incoming : Role::distribution;
}

std::optional<Duration> between(const std::optional<Moment>& later, const std::optional<Moment>& earlier) {
  if (!later || !earlier) return std::nullopt;
  return later->fact.time - earlier->fact.time;
}

// The first expected node of each location, null while the whole location is open.
std::vector<const LiveTime*> first_of_locations(const std::vector<NodeOutcome>& nodes) {
  struct Held {
    std::uint32_t location;
    const LiveTime* live;
  };
  std::vector<Held> all;
  all.reserve(nodes.size());
  for (const NodeOutcome& node : nodes) {
    if (node.expected) all.push_back({node.location, node.live ? &*node.live : nullptr});
  }
  std::ranges::sort(all, [](const Held& left, const Held& right) {
    if (left.location != right.location) return left.location < right.location;
    if (left.live == nullptr || right.live == nullptr) return left.live != nullptr && right.live == nullptr;
    return left.live->decided_by.fact.time < right.live->decided_by.fact.time;
  });
  std::vector<const LiveTime*> firsts;
  firsts.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || all[i].location != all[i - 1].location) firsts.push_back(all[i].live);
  }
  return firsts;
}

// Empty members are open; all are empty while the reference is unknown.
std::vector<MemberLag> lags_from(const std::optional<Moment>& reference, const std::vector<const LiveTime*>& lives) {
  std::vector<MemberLag> lags;
  lags.reserve(lives.size());
  for (const LiveTime* live : lives) {
    lags.push_back(live == nullptr ? MemberLag() : between(live->decided_by, reference));
  }
  return lags;
}

// The largest bound of the members' lags; empty when one is not known.
std::optional<Duration> largest_error(const Moment& reference, const std::vector<const LiveTime*>& lives) {
  std::optional<Duration> largest;
  for (const LiveTime* live : lives) {
    if (live == nullptr) continue;
    const auto error = clock_error_between(live->decided_by, reference);
    if (!error) return std::nullopt;
    largest = std::max(largest.value_or(Duration::zero()), *error);
  }
  return largest;
}

}  // namespace

VersionRow summary_of(const VersionOutcome& version, const ZoneName& zone, const ConclusionContext&) {
  const References& references = version.references;
  VersionRow row;
  row.zone = zone;
  row.serial = version.serial;
  row.first_seen = version.first_seen;
  row.delta1 = between(references.of(Role::incoming), references.of(Role::customer));
  row.delta2 = between(references.of(Role::distribution), references.of(Role::incoming));
  std::vector<const LiveTime*> secondaries;
  secondaries.reserve(version.nodes.size());
  for (const NodeOutcome& node : version.nodes) {
    if (node.expected) secondaries.push_back(node.live ? &*node.live : nullptr);
  }
  row.delta3 = summarise(lags_from(references.of(Role::distribution), secondaries));
  const std::vector<const LiveTime*> locations = first_of_locations(version.nodes);
  row.incoming_lag = summarise(lags_from(references.of(Role::incoming), locations));
  row.ns_expected = static_cast<std::uint32_t>(locations.size());
  row.ns_open = static_cast<std::uint32_t>(std::ranges::count(locations, nullptr));
  row.ns_count = row.ns_expected - row.ns_open;
  return row;
}

std::optional<VerdictRow> verdict_of(const VersionOutcome& version, const Policy& policy, Timestamp latest) {
  if (!version.has_sla || !version.references.apply(reference_of(policy.lag), Role::secondary)) return std::nullopt;
  const std::vector<const LiveTime*> locations = first_of_locations(version.nodes);
  const std::optional<Moment>& reference = version.references.of(reference_of(policy.lag));
  const std::vector<MemberLag> lags = lags_from(reference, locations);
  VerdictInput input{lags, std::nullopt, version.first_seen, latest};
  if (reference) input.clock_error = largest_error(*reference, locations);
  VerdictRow row{policy.name, Verdict::none, std::nullopt, input.clock_error};
  row.verdict = judge(policy, input, &row.figure);
  // Nobody broke a promise that nothing says when it began.
  if (!reference && row.verdict == Verdict::breached) row.verdict = Verdict::undecidable;
  if (row.verdict == Verdict::none) return std::nullopt;
  return row;
}

}  // namespace zonelag::aggregator
