#include "conclusion.h"

#include <algorithm>
#include <tuple>

namespace zonelag::aggregator {
namespace {

constexpr std::array kReferenceRoles{Role::customer, Role::incoming, Role::distribution};

// Down the chain, unknown last.
int chain_position(Role role) { return role == Role::unknown ? 5 : static_cast<int>(role); }

std::string address_text(const Nameserver& node) {
  if (node.ip4) return node.ip4->to_string();
  if (node.ip6) return node.ip6->to_string();
  return node.anycast.empty() ? std::string() : node.anycast.front().to_string();
}

NodeRow face_of(const Nameserver& node) {
  NodeRow face;
  face.hostname = node.hostname;
  face.loc = node.loc;
  face.dsc_name = node.dsc_name;
  face.role = node.ns_type;
  face.status = node.status;
  face.srcip = address_text(node);
  return face;
}

std::optional<Timestamp> time_of(const EvidenceRow* row, EvidenceKind kind) {
  if (row == nullptr || !row->fact(kind).seen()) return std::nullopt;
  return row->fact(kind).time;
}

constexpr std::array kProof{EvidenceKind::offered, EvidenceKind::served, EvidenceKind::received};

// What was offered, served or received is. An announcement alone is believed unless everybody who answered it rejected
// it, or the node was already known to have a newer serial.
bool is_credible(const EvidenceRow& row, const Timeline& proven) {
  if (std::ranges::any_of(kProof, [&](EvidenceKind kind) { return row.fact(kind).seen(); })) return true;
  const Fact& announced = row.fact(EvidenceKind::announced);
  if (!announced.seen() || row.receptions == bit(Reception::rejected)) return false;
  const std::optional<Moment> newer = proven.first_newer(row.serial, Timestamp::min());
  return !newer || newer->fact.time >= announced.time;
}

std::optional<Duration>& lag_from(Role reference, NodeRow& row) {
  if (reference == Role::customer) return row.customer_lag;
  return reference == Role::incoming ? row.incoming_lag : row.distribution_lag;
}

}  // namespace

References::References(const Inventory& inventory) {
  exists_[static_cast<std::size_t>(Role::customer)] = true;
  for (const Nameserver& node : inventory.nameservers()) {
    if (node.status != NodeStatus::disabled) exists_[static_cast<std::size_t>(node.ns_type)] = true;
  }
}

void References::offer(Role role, const Moment& live, const SensorNames& sensors) {
  std::optional<Moment>& earliest = earliest_[static_cast<std::size_t>(role)];
  if (!earliest || sensors.earlier(live.fact, earliest->fact)) earliest = live;
}

bool References::apply(Role reference, Role role) const {
  if (role == Role::unknown || role == Role::customer) return false;
  return reference < role && exists_[static_cast<std::size_t>(reference)];
}

std::optional<Duration> clock_error_between(const Moment& left, const Moment& right) {
  if (left.fact.sensor == right.fact.sensor && left.fact.sensor != kNoSensor) return Duration::zero();
  const auto one = to_duration(left.fact.error);
  const auto other = to_duration(right.fact.error);
  if (!one || !other) return std::nullopt;
  return *one + *other;
}

ZoneConclusion::ZoneConclusion(const ZoneEvidence& evidence, const NodeRegistry& nodes, const SensorNames& sensors)
    : evidence_(evidence), nodes_(nodes), sensors_(sensors), references_(nodes.inventory()) {
  add_participants();
  collect_rows();
  collect_versions();
  collect_histories();
}

ZoneConclusion::Participant ZoneConclusion::participant(NodeIndex node) const {
  Participant result;
  result.node = node;
  result.known = nodes_.is_known(node, evidence_.zone());
  if (const Nameserver* nameserver = nodes_.nameserver_of(node)) {
    result.face = face_of(*nameserver);
    result.expected = nameserver->ns_type == Role::secondary && nameserver->status == NodeStatus::production;
  } else {
    const IpAddress& address = nodes_.address_of(node);
    result.face.srcip = address.to_string();
    if (const auto* customer = nodes_.inventory().customer_of(address, evidence_.zone())) {
      result.face.role = Role::customer;
      result.face.dsc_name = customer->accountname;
    }
  }
  result.face.zone = evidence_.zone();
  return result;
}

void ZoneConclusion::add_participants() {
  std::vector<NodeIndex> present;
  for (const EvidenceRow& row : evidence_.rows()) present.push_back(row.node);
  for (std::uint32_t i = 0; i < nodes_.inventory().nameservers().size(); ++i) {
    const Nameserver& node = nodes_.inventory().nameservers()[i];
    const bool expected = node.ns_type == Role::secondary && node.status == NodeStatus::production;
    if (expected) present.push_back(nodes_.nameserver(i));
  }
  std::ranges::sort(present);
  present.erase(std::ranges::unique(present).begin(), present.end());
  participants_.reserve(present.size());
  for (const NodeIndex node : present) participants_.push_back(participant(node));
  std::ranges::sort(participants_, {}, [](const Participant& p) {
    return std::tuple(chain_position(p.face.role), std::string_view(p.face.loc), std::string_view(p.face.hostname),
                      std::string_view(p.face.srcip));
  });
  positions_.resize(participants_.size());
  for (std::uint32_t i = 0; i < positions_.size(); ++i) positions_[i] = i;
  std::ranges::sort(positions_, {}, [&](std::uint32_t i) { return participants_[i].node; });
}

std::size_t ZoneConclusion::position_of(NodeIndex node) const {
  return *std::ranges::lower_bound(positions_, node, {}, [&](std::uint32_t i) { return participants_[i].node; });
}

// Drops announcements that stand alone and that nobody should believe: a NOTIFY is easily forged or misdirected, even
// from the node's own address.
void ZoneConclusion::collect_rows() {
  std::vector<Timeline> proven(participants_.size());  // by participant: what it offered, served or received
  for (const EvidenceRow& row : evidence_.rows()) {
    for (const EvidenceKind kind : kProof) {
      if (row.fact(kind).seen()) proven[position_of(row.node)].add({row.fact(kind), kind, row.serial});
    }
  }
  for (Timeline& timeline : proven) timeline.seal();
  for (const EvidenceRow& row : evidence_.rows()) {
    if (is_credible(row, proven[position_of(row.node)])) rows_.push_back(&row);
  }
}

// A version is what a known node has evidence for. What unknown nodes say about other serials counts nowhere: a spoofed
// NOTIFY is that easy.
void ZoneConclusion::collect_versions() {
  std::ranges::sort(rows_, {}, [](const EvidenceRow* row) { return std::tuple(row->serial.value(), row->node); });
  std::size_t kept = 0;
  for (std::size_t at = 0; at < rows_.size();) {
    Version version{rows_[at]->serial};
    const std::size_t start = at;
    for (; at < rows_.size() && rows_[at]->serial == version.serial; ++at) {
      if (!participants_[position_of(rows_[at]->node)].known) continue;
      version.first_seen = std::min(version.first_seen, rows_[at]->first_seen());
    }
    if (version.first_seen == kNever) continue;
    versions_.push_back(version);
    for (std::size_t i = start; i < at; ++i) rows_[kept++] = rows_[i];
  }
  rows_.resize(kept);
}

void ZoneConclusion::collect_histories() {
  for (const EvidenceRow* row : rows_) participants_[position_of(row->node)].history.add(evidence_, *row);
  for (Participant& p : participants_) p.history.seal();
  std::ranges::sort(versions_, {}, [](const Version& v) { return std::tuple(v.first_seen, v.serial.value()); });
}

void ZoneConclusion::find_live_times(const Version& version) {
  for (Participant& p : participants_) p.own = nullptr;
  const auto own = std::ranges::equal_range(rows_, version.serial.value(), {},
                                            [](const EvidenceRow* row) { return row->serial.value(); });
  for (const EvidenceRow* row : own) participants_[position_of(row->node)].own = row;
  references_.clear();
  for (Participant& p : participants_) {
    p.live = p.history.live_time(version.serial, p.own, version.first_seen);
    if (p.live && p.face.status != NodeStatus::disabled) references_.offer(p.face.role, p.live->decided_by, sensors_);
  }
}

NodeRow ZoneConclusion::node_row(const Participant& p, const Version& version) const {
  NodeRow row = p.face;
  row.serial = version.serial;
  row.received_at = time_of(p.own, EvidenceKind::received);
  row.announced_at = time_of(p.own, EvidenceKind::announced);
  row.offered_at = time_of(p.own, EvidenceKind::offered);
  row.served_at = time_of(p.own, EvidenceKind::served);
  if (p.live) {
    row.live_at = p.live->decided_by.fact.time;
    row.not_before = p.live->not_before;
    row.basis = p.live->basis;
    if (p.live->superseded) row.superseded_by = p.live->decided_by.serial;
  }
  bool upstream_known = false;
  for (const Role reference : kReferenceRoles) {
    if (!references_.apply(reference, row.role)) continue;
    const std::optional<Moment>& from = references_.of(reference);
    if (!from) {
      row.unknown_references.push_back(reference);
    } else if (p.live) {
      lag_from(reference, row) = *row.live_at - from->fact.time;
      if (!upstream_known) row.clock_error = clock_error_between(p.live->decided_by, *from);
      upstream_known = true;
    }
  }
  return row;
}

VersionRow ZoneConclusion::conclude(const Version& version, const Policy* policy, Timestamp latest) {
  find_live_times(version);
  VersionRow result;
  result.zone = evidence_.zone();
  result.serial = version.serial;
  result.first_seen = version.first_seen;
  result.nodes.reserve(participants_.size());
  std::vector<NodeOutcome> outcomes;
  for (const Participant& p : participants_) {
    if (!p.live && !p.expected) continue;
    result.nodes.push_back(node_row(p, version));
    outcomes.push_back({&result.nodes.back(), p.live ? &*p.live : nullptr, p.expected});
  }
  summarise_version(result, outcomes, references_, policy, latest);
  return result;
}

void ZoneConclusion::for_each_version(const std::function<void(const VersionRow&)>& row, const Policy* policy,
                                      Timestamp latest) {
  for (const Version& version : versions_) row(conclude(version, policy, latest));
}

}  // namespace zonelag::aggregator
