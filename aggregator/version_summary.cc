#include <algorithm>
#include <map>
#include <utility>

#include "aggregator/sla.h"
#include "conclusion.h"

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

// The first expected node of each location, null while the whole location is open. A node without location is one of
// its own.
std::vector<const LiveTime*> first_of_locations(const std::vector<NodeOutcome>& nodes) {
  std::map<std::pair<bool, std::string_view>, const LiveTime*> locations;
  for (const NodeOutcome& node : nodes) {
    if (!node.expected) continue;
    const bool has_location = !node.row->loc.empty();
    const auto key = std::pair<bool, std::string_view>(has_location, has_location ? node.row->loc : node.row->hostname);
    const LiveTime*& first = locations[key];
    const bool sooner =
        node.live != nullptr && (first == nullptr || node.live->decided_by.fact.time < first->decided_by.fact.time);
    if (sooner) first = node.live;
  }
  std::vector<const LiveTime*> firsts;
  for (const auto& [key, live] : locations) firsts.push_back(live);
  return firsts;
}

// Empty members are open; all are empty while the reference is unknown.
std::vector<MemberLag> lags_from(const std::optional<Moment>& reference, const std::vector<const LiveTime*>& lives) {
  std::vector<MemberLag> lags;
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

void give_verdict(VersionRow& version, const std::vector<const LiveTime*>& locations, const References& references,
                  const Policy& policy, Timestamp latest) {
  if (!references.apply(reference_of(policy.lag), Role::secondary)) return;
  const std::optional<Moment>& reference = references.of(reference_of(policy.lag));
  const std::vector<MemberLag> lags = lags_from(reference, locations);
  VerdictInput input{lags, std::nullopt, version.first_seen, latest};
  if (reference) input.clock_error = largest_error(*reference, locations);
  version.verdict = judge(policy, input);
  // Nobody broke a promise that nothing says when it began.
  if (!reference && version.verdict == Verdict::breached) version.verdict = Verdict::undecidable;
  if (version.verdict != Verdict::none) version.policy = policy.name;
}

}  // namespace

void summarise_version(VersionRow& version, const std::vector<NodeOutcome>& nodes, const References& references,
                       const Policy* policy, Timestamp latest) {
  version.delta1 = between(references.of(Role::incoming), references.of(Role::customer));
  version.delta2 = between(references.of(Role::distribution), references.of(Role::incoming));
  std::vector<const LiveTime*> secondaries;
  for (const NodeOutcome& node : nodes) {
    if (node.expected) secondaries.push_back(node.live);
  }
  version.delta3 = summarise(lags_from(references.of(Role::distribution), secondaries));
  const std::vector<const LiveTime*> locations = first_of_locations(nodes);
  version.incoming_lag = summarise(lags_from(references.of(Role::incoming), locations));
  version.ns_expected = static_cast<std::uint32_t>(locations.size());
  version.ns_open = static_cast<std::uint32_t>(std::ranges::count(locations, nullptr));
  version.ns_count = version.ns_expected - version.ns_open;
  if (policy != nullptr) give_verdict(version, locations, references, *policy, latest);
}

}  // namespace zonelag::aggregator
