#include "outcome_rows.h"

#include <algorithm>
#include <tuple>

namespace zonelag::aggregator {
namespace {

constexpr std::array kReferenceRoles{Role::customer, Role::incoming, Role::distribution};

std::optional<Timestamp> time_of(const EvidenceRow* row, EvidenceKind kind) {
  if (row == nullptr || !row->fact(kind).seen()) return std::nullopt;
  return row->fact(kind).time;
}

std::optional<Duration>& lag_from(Role reference, NodeRow& row) {
  if (reference == Role::customer) return row.customer_lag;
  return reference == Role::incoming ? row.incoming_lag : row.distribution_lag;
}

// What is the same for each version of the zone.
NodeRow face_of(const NodeOutcome& node, const ZoneName& zone, const ConclusionContext& context) {
  if (context.nodes.nameserver_of(node.node) != nullptr) {
    return context.fleet.node(static_cast<std::uint32_t>(node.node)).face;
  }
  NodeRow face;
  const IpAddress& address = context.nodes.address_of(node.node);
  face.srcip = address.to_string();
  if (const auto* customer = context.nodes.inventory().customer_of(address, zone)) {
    face.role = Role::customer;
    face.dsc_name = customer->accountname;
  }
  return face;
}

// The bound of a row's lags: from the reference furthest upstream.
std::optional<Duration> clock_error_of(const NodeOutcome& node, const VersionOutcome& version) {
  for (const Role reference : kReferenceRoles) {
    const std::optional<Moment>& from = version.references.of(reference);
    if (version.references.apply(reference, node.role) && from) {
      return clock_error_between(node.live->decided_by, *from);
    }
  }
  return std::nullopt;
}

void add_lags(const NodeOutcome& node, const VersionOutcome& version, NodeRow& row) {
  for (const Role reference : kReferenceRoles) {
    if (!version.references.apply(reference, node.role)) continue;
    const std::optional<Moment>& from = version.references.of(reference);
    if (!from) {
      row.unknown_references.push_back(reference);
    } else if (node.live) {
      lag_from(reference, row) = *row.live_at - from->fact.time;
    }
  }
  if (node.live) row.clock_error = clock_error_of(node, version);
}

// Keyed and quick: numbers only, in a fixed order.
class Digest {
 public:
  explicit Digest(const KeyedHash& hash) : hash_(hash), state_(hash(0U, 1U)) {}
  void add(std::uint64_t word) { state_ = hash_.chain(state_, word); }
  void add(Timestamp time) { add(static_cast<std::uint64_t>(time.time_since_epoch().count())); }
  void add(const std::optional<Timestamp>& time) { add(time.value_or(Timestamp::min())); }
  void add(const std::optional<Duration>& duration) {
    add(static_cast<std::uint64_t>(duration.value_or(Duration::min()).count()));
  }
  void add(std::string_view text) { add(hash_(text)); }
  void add(const LagSummary& lags) {
    for (const auto& lag : {lags.min, lags.median, lags.p90, lags.max, lags.avg}) add(lag);
  }
  std::uint64_t value() const { return state_ < 2 ? state_ + 2 : state_; }

 private:
  KeyedHash hash_;
  std::uint64_t state_;
};

}  // namespace

NodeRow node_row(const NodeOutcome& node, const VersionOutcome& version, const ZoneName& zone,
                 const ConclusionContext& context) {
  NodeRow row = face_of(node, zone, context);
  row.zone = zone;
  row.serial = version.serial;
  row.status = node.status;
  row.received_at = time_of(node.own, EvidenceKind::received);
  row.announced_at = time_of(node.own, EvidenceKind::announced);
  row.offered_at = time_of(node.own, EvidenceKind::offered);
  row.served_at = time_of(node.own, EvidenceKind::served);
  if (node.live) {
    row.live_at = node.live->decided_by.fact.time;
    row.not_before = node.live->not_before;
    row.basis = node.live->basis;
    if (node.live->superseded) row.superseded_by = node.live->decided_by.serial;
  }
  add_lags(node, version, row);
  return row;
}

VersionRow version_row(const VersionOutcome& version, const ZoneName& zone, const ConclusionContext& context,
                       const Policy* policy, Timestamp latest) {
  VersionRow row = summary_of(version, zone, context);
  if (policy != nullptr) {
    if (const auto verdict = verdict_of(version, *policy, latest)) {
      row.verdict = verdict->verdict;
      row.policy = policy->name;
    }
  }
  row.nodes.reserve(version.nodes.size());
  for (const NodeOutcome& node : version.nodes) row.nodes.push_back(node_row(node, version, zone, context));
  std::ranges::sort(row.nodes, {}, [](const NodeRow& node) {
    return std::tuple(chain_position(node.role), std::string_view(node.loc), std::string_view(node.hostname),
                      std::string_view(node.srcip));
  });
  return row;
}

std::uint64_t digest_of(const NodeOutcome& node, const VersionOutcome& version, const ConclusionContext& context) {
  Digest digest(context.hash);
  if (context.nodes.nameserver_of(node.node) != nullptr) {
    digest.add(context.fleet.node(static_cast<std::uint32_t>(node.node)).digest);
  } else {
    digest.add(static_cast<std::uint64_t>(node.role));
  }
  if (node.own != nullptr) {
    for (const Fact& fact : node.own->facts) digest.add(fact.time);
  }
  digest.add(node.live->decided_by.fact.time);
  digest.add(node.live->not_before);
  digest.add(std::uint64_t{node.live->decided_by.serial.value()} << 32 |
             static_cast<std::uint64_t>(node.live->basis) << 16 | static_cast<std::uint64_t>(node.status) << 8 |
             static_cast<std::uint64_t>(node.own != nullptr) << 1 | std::uint64_t{node.live->superseded});
  for (const Role reference : kReferenceRoles) {
    if (!version.references.apply(reference, node.role)) continue;
    const std::optional<Moment>& from = version.references.of(reference);
    digest.add(from ? from->fact.time : kNever);
  }
  digest.add(clock_error_of(node, version));
  return digest.value();
}

std::uint64_t digest_of(const VersionRow& row, const std::vector<VerdictRow>& verdicts,
                        const std::vector<std::string>& open_nodes, const KeyedHash& hash) {
  Digest digest(hash);
  digest.add(row.first_seen);
  digest.add(row.delta1);
  digest.add(row.delta2);
  digest.add(row.delta3);
  digest.add(row.incoming_lag);
  digest.add(std::uint64_t{row.ns_count} << 32 | row.ns_expected);
  digest.add(std::uint64_t{row.ns_open} << 8 | static_cast<std::uint64_t>(row.verdict));
  digest.add(row.policy);
  for (const VerdictRow& verdict : verdicts) {
    digest.add(verdict.policy);
    digest.add(static_cast<std::uint64_t>(verdict.verdict));
    digest.add(verdict.figure);
    digest.add(verdict.clock_error);
  }
  for (const std::string& name : open_nodes) digest.add(name);
  return digest.value();
}

}  // namespace zonelag::aggregator
