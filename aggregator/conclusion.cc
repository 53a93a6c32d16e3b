#include "conclusion.h"

#include <algorithm>

namespace zonelag::aggregator {
namespace {

constexpr std::array kProof{EvidenceKind::offered, EvidenceKind::served, EvidenceKind::received};
// Zones with more versions ask each node's history instead of looking at each version.
constexpr std::size_t kFewVersions = 1024;

bool is_proven(const EvidenceRow& row) {
  return std::ranges::any_of(kProof, [&](EvidenceKind kind) { return row.fact(kind).seen(); });
}

}  // namespace

References::References(const Fleet& fleet) {
  for (const Role role : {Role::customer, Role::incoming, Role::distribution, Role::secondary}) {
    exists_[static_cast<std::size_t>(role)] = fleet.has(role);
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

void ZoneConclusion::begin(const ZoneEvidence& evidence) {
  evidence_ = &evidence;
  is_service_zone_ = !evidence.zone().is_root() && evidence.zone() == context_.fleet.settings().bgp_zone;
  places_.resize(std::max(places_.size(), context_.nodes.index_limit()));
  ++zone_pass_;
  rows_indexed_ = false;
  present_.clear();
  histories_used_ = 0;
  outdated_.clear();
  proven_of_.reset();
}

bool ZoneConclusion::conclude(const ZoneVersion& version, Timestamp now, VersionOutcome& into) {
  serial_ = version.serial;
  find_newer(version);
  collect_own(version);
  if (first_seen_ == kNever) return false;
  find_other_lowers(version);
  collect_others();
  into.serial = serial_;
  into.first_seen = first_seen_;
  into.last_own_evidence = latest_believed();
  into.references = References(context_.fleet);
  into.nodes.clear();
  into.has_sla = !is_service_zone_;
  into.is_open = false;
  into.next_change = kNever;
  const Duration settled = context_.fleet.settings().settled;
  const Timestamp tracked_until = conclude_members(now, into);
  conclude_others(tracked_until, into);
  into.reach = std::max(latest_own(version), tracked_until - settled);
  for (const NodeOutcome& node : into.nodes) {
    if (!node.live) continue;
    into.reach = std::max(into.reach, node.live->decided_by.fact.time);
    if (node.status != NodeStatus::disabled) into.references.offer(node.role, node.live->decided_by, context_.sensors);
  }
  return true;
}

Timestamp ZoneConclusion::latest_own(const ZoneVersion& version) const {
  Timestamp latest = version.latest_lower;
  evidence_->for_each_row(version, [&](const EvidenceRow& row) {
    for (const Fact& fact : row.facts) {
      if (fact.seen()) latest = std::max(latest, fact.time);
    }
  });
  return latest;
}

Timestamp ZoneConclusion::latest_believed() const {
  Timestamp latest = first_seen_;
  for (const Participant& p : participants_) {
    if (!p.known || p.own == nullptr) continue;
    for (const Fact& fact : p.own->facts) {
      if (fact.seen()) latest = std::max(latest, fact.time);
    }
  }
  return latest;
}

void ZoneConclusion::find_newer(const ZoneVersion& version) {
  newer_from_ = evidence_->versions() > kFewVersions ? Timestamp::min() : kNever;
  if (newer_from_ != kNever) return;
  for (const ZoneVersion& other : evidence_->version_list()) {
    if (other.earliest < newer_from_ && is_newer(other.serial, version.serial)) newer_from_ = other.earliest;
  }
}

void ZoneConclusion::find_other_lowers(const ZoneVersion& version) {
  other_lowers_from_ = evidence_->versions() > kFewVersions ? first_seen_ : kNever;
  if (other_lowers_from_ != kNever) return;
  for (const ZoneVersion& other : evidence_->version_list()) {
    if (other.latest_lower < first_seen_ || other.serial == version.serial) continue;
    other_lowers_from_ = std::min(other_lowers_from_, std::max(other.earliest_lower, first_seen_));
  }
}

ZoneConclusion::Participant ZoneConclusion::participant(NodeIndex node) const {
  Participant result;
  result.node = node;
  if (context_.nodes.nameserver_of(node) != nullptr) {
    result.fleet = &context_.fleet.node(static_cast<std::uint32_t>(node));
    result.role = result.fleet->face.role;
    result.known = true;
    return result;
  }
  const Inventory& inventory = context_.nodes.inventory();
  const bool is_customer = inventory.customer_of(context_.nodes.address_of(node), evidence_->zone()) != nullptr;
  if (is_customer) result.role = Role::customer;
  result.known = is_customer || inventory.empty();
  return result;
}

bool ZoneConclusion::take_participant(NodeIndex node) {
  Place& at = place(node);
  if (at.version_pass == version_pass_) return false;
  at.version_pass = version_pass_;
  participants_.push_back(participant(node));
  return true;
}

// A version is what a known node has evidence for. What unknown nodes say about other serials counts nowhere: a spoofed
// NOTIFY is that easy.
void ZoneConclusion::collect_own(const ZoneVersion& version) {
  ++version_pass_;
  participants_.clear();
  first_seen_ = kNever;
  evidence_->for_each_row(version, [&](const EvidenceRow& row) {
    if (!take_participant(row.node) || !is_believed(row)) return;
    Participant& taken = participants_.back();
    taken.own = &row;
    if (taken.known) first_seen_ = std::min(first_seen_, row.first_seen());
  });
}

void ZoneConclusion::collect_others() {
  // Only newer evidence can give a node without any of its own a live time.
  if (newer_from_ != kNever && !is_service_zone_) {
    if (present_.empty()) find_present();
    for (const NodeIndex node : present_) take_participant(node);
  }
  if (is_service_zone_) return;
  for (const std::uint32_t member : context_.fleet.members()) take_participant(context_.nodes.nameserver(member));
}

void ZoneConclusion::find_present() {
  const auto take = [&](NodeIndex node) {
    if (place(node).present_pass == zone_pass_) return;
    place(node).present_pass = zone_pass_;
    present_.push_back(node);
  };
  for (const NodeIndex node : evidence_->nodes()) take(node);
  if (!evidence_->nodes().empty()) return;
  for (const EvidenceRow& row : evidence_->rows()) take(row.node);
}

// What was offered, served or received is. An announcement alone is believed unless everybody who answered it rejected
// it, or the node was already known to have a newer serial: a NOTIFY is easily forged or misdirected, even from the
// node's own address.
bool ZoneConclusion::is_believed(const EvidenceRow& row) {
  if (is_proven(row)) return true;
  const Fact& announced = row.fact(EvidenceKind::announced);
  if (!announced.seen()) return false;
  constexpr std::uint8_t kAnswers = bit(Reception::accepted) | bit(Reception::rejected);
  if ((row.receptions & kAnswers) == bit(Reception::rejected)) return false;
  if ((row.receptions & bit(Reception::outdated)) != 0) return false;
  // newer_from_ is that of the version at hand, which the row need not be of.
  if (row.serial == serial_ && newer_from_ >= announced.time) return true;
  const std::optional<Moment> newer = proven(row.node).first_newer(row.serial, Timestamp::min());
  if (!newer || newer->fact.time >= announced.time) return true;
  outdated_.push_back(&row);
  return false;
}

void ZoneConclusion::index_rows() {
  by_node_.clear();
  for (const EvidenceRow& row : evidence_->rows()) by_node_.push_back(&row);
  std::ranges::stable_sort(by_node_, {}, &EvidenceRow::node);
  rows_indexed_ = true;
}

std::span<const EvidenceRow* const> ZoneConclusion::rows_of(NodeIndex node) {
  if (!rows_indexed_) index_rows();
  const auto [begin, end] = std::ranges::equal_range(by_node_, node, {}, &EvidenceRow::node);
  return {begin, end};
}

// What the node offered, served or received.
const Timeline& ZoneConclusion::proven(NodeIndex node) {
  if (proven_of_ == node) return proven_;
  proven_.clear();
  for (const EvidenceRow* row : rows_of(node)) {
    for (const EvidenceKind kind : kProof) {
      if (row->fact(kind).seen()) proven_.add({row->fact(kind), kind, row->serial});
    }
  }
  proven_.seal();
  proven_of_ = node;
  return proven_;
}

const NodeHistory& ZoneConclusion::history(NodeIndex node) {
  Place& at = place(node);
  if (at.history_pass == zone_pass_) return histories_[at.history];
  if (histories_used_ == histories_.size()) histories_.emplace_back();
  at.history_pass = zone_pass_;
  at.history = static_cast<std::uint32_t>(histories_used_++);
  NodeHistory& result = histories_[at.history];
  result.clear();
  for (const EvidenceRow* row : rows_of(node)) {
    if (is_believed(*row)) result.add(*evidence_, *row);
  }
  result.seal();
  return result;
}

// What unknown nodes show counts for that very serial only.
std::optional<LiveTime> ZoneConclusion::live_time(const Participant& participant, Timestamp tracked_until) {
  static const NodeHistory kNothingElse;
  const bool alone = is_service_zone_ || !participant.known;
  const Timestamp shown = participant.own == nullptr ? kNever : shown_at(*participant.own);
  const bool newer_matters = newer_from_ != kNever && newer_from_ <= shown && !alone;
  bool bounds_matter = false;
  if (participant.own != nullptr && !alone) {
    const Timestamp upper = shown != kNever ? shown : participant.own->fact(EvidenceKind::received).time;
    bounds_matter = other_lowers_from_ <= upper;
  }
  if (participant.own == nullptr) {
    if (!newer_matters || place(participant.node).present_pass != zone_pass_) return std::nullopt;
  }
  const NodeHistory& others = newer_matters || bounds_matter ? history(participant.node) : kNothingElse;
  return others.live_time(*evidence_, serial_, participant.own, first_seen_, tracked_until);
}

// Those that are expected, and until when the version is tracked.
Timestamp ZoneConclusion::conclude_members(Timestamp now, VersionOutcome& into) {
  const JoinSettings& settings = context_.fleet.settings();
  const Timestamp horizon = first_seen_ + settings.horizon;
  if (is_service_zone_) return first_seen_;
  Timestamp settled = first_seen_;
  for (Participant& p : participants_) {
    if (p.fleet == nullptr || !p.fleet->member) continue;
    const auto live = live_time(p, Timestamp::max());
    const Timestamp until = live ? live->decided_by.fact.time : std::min(now, horizon);
    if (p.fleet->is_out(first_seen_, std::max(first_seen_, until))) continue;
    if (live) {
      settled = std::max(settled, live->decided_by.fact.time);
    } else {
      into.is_open = true;
      for (const Outage& out : p.fleet->outages) {
        if (out.from > now && out.from <= horizon) into.next_change = std::min(into.next_change, out.from);
      }
    }
    add_outcome(p, live, true, into);
    p.concluded = true;
  }
  return into.is_open ? horizon : std::min(settled + settings.settled, horizon);
}

void ZoneConclusion::conclude_others(Timestamp tracked_until, VersionOutcome& into) {
  for (const Participant& p : participants_) {
    if (p.concluded) continue;
    if (const auto live = live_time(p, tracked_until)) add_outcome(p, live, false, into);
  }
}

void ZoneConclusion::add_outcome(const Participant& p, const std::optional<LiveTime>& live, bool expected,
                                 VersionOutcome& into) const {
  NodeOutcome& node = into.nodes.emplace_back();
  node.node = p.node;
  node.role = p.role;
  node.known = p.known;
  node.expected = expected;
  if (p.fleet != nullptr) {
    node.location = p.fleet->location;
    if (live) node.status = p.fleet->status_at(live->decided_by.fact.time);
  }
  node.own = p.own;
  node.live = live;
}

}  // namespace zonelag::aggregator
