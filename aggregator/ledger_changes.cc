// What differs from what is written: evidence, rows, versions.
#include <algorithm>

#include "ledger_impl.h"

namespace zonelag::aggregator {

void Ledger::Impl::take_changes(Timestamp now, bool all, Changes& into) {
  judged_until_ = now;
  for (std::size_t i = 0; i < touched_count_; ++i) {
    TouchedZone& touched = touched_[i];
    find_affected(touched);
    if (all && touched.zone->due <= now) {
      for (VersionState& state : touched.zone->states) state.is_dirty = state.is_dirty || state.due <= now;
    }
    judge_zone(*touched.zone, now, into);
    touched.zone->is_touched = false;
  }
  touched_count_ = 0;
  if (all) {
    for (const auto& zone : zones_.all()) {
      if (zone->due > now) continue;
      for (VersionState& state : zone->states) state.is_dirty = state.is_dirty || state.due <= now;
      judge_zone(*zone, now, into);
    }
  }
  absent_.clear();
  asked_.clear();
  into.services.insert(into.services.end(), new_services_.begin(), new_services_.end());
  new_services_.clear();
  into.removed_nodes.insert(into.removed_nodes.end(), orphans_.begin(), orphans_.end());
  orphans_.clear();
  candidates_.take(into);
  transfers_.take(into);
  watch_.take(into);
}

// Which other versions' rows the changed evidence may concern.
void Ledger::Impl::find_affected(TouchedZone& touched) {
  LedgerZone& zone = *touched.zone;
  if (zone.states.size() < 2) return;
  for (const RowChange& change : touched.changes) {
    for (std::uint32_t version = 0; version < zone.states.size(); ++version) {
      if (!zone.states[version].is_dirty && is_affected(zone, version, change)) zone.states[version].is_dirty = true;
    }
  }
}

bool Ledger::Impl::is_affected(const LedgerZone& zone, std::uint32_t version, const RowChange& change) const {
  const VersionState& state = zone.states[version];
  if (!zone.is_whole(state)) return false;
  const EvidenceRow& row = zone.evidence.rows()[change.row];
  const Serial serial = zone.evidence.version_list()[version].serial;
  if (!change.bound_changed && !is_newer(row.serial, serial)) return false;
  // Too late for a version that may have left memory already, unless the node is open in it.
  if (!state.is_open && change.at - settings_.settled > state.reach) return false;
  const EvidenceRow* own = zone.evidence.find(serial, row.node, hash_);
  return own == nullptr || (own->marks & kRowBelieved) == 0 || shown_at(*own) >= change.from;
}

void Ledger::Impl::judge_zone(LedgerZone& zone, Timestamp now, Changes& into) {
  conclusion_->begin(zone.evidence);
  bare_rows_.clear();
  judged_.clear();
  for (std::uint32_t version = 0; version < zone.states.size(); ++version) {
    if (!zone.states[version].is_dirty) continue;
    judge_version(zone, version, now, into);
    judged_.push_back(version);
  }
  note_outdated(zone);
  // Each row once: what one version shows may mark another one's row.
  for (const std::uint32_t version : judged_) write_evidence(zone, version, into);
  add_bare_rows(zone);
  zone.find_due();
  zone.next_close = Timestamp::min();
}

void Ledger::Impl::judge_version(LedgerZone& zone, std::uint32_t version, Timestamp now, Changes& into) {
  VersionState& state = zone.states[version];
  state.is_dirty = false;
  const ZoneVersion& of = zone.evidence.version_list()[version];
  const bool is_version = conclusion_->conclude(of, now, outcome_);
  if (!is_version) {
    outcome_.nodes.clear();
    if (of.earliest != kNever) state.first_seen = of.earliest;
    zone.evidence.for_each_row(of, [&](const EvidenceRow& row) {
      for (const Fact& fact : row.facts) {
        if (fact.seen()) state.reach = std::max(state.reach, fact.time);
      }
    });
  } else {
    state.first_seen = outcome_.first_seen;
    state.reach = outcome_.reach;
  }
  if (!state.has_day) {
    state.has_day = true;
    state.day =
        static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(state.first_seen).time_since_epoch().count());
  }
  mark_believed(zone, version, outcome_);
  write_nodes(zone, version, outcome_, into);
  write_version(zone, version, is_version ? &outcome_ : nullptr, now, into);
}

void Ledger::Impl::mark_believed(LedgerZone& zone, std::uint32_t version, const VersionOutcome& outcome) {
  for (std::uint32_t at = zone.evidence.version_list()[version].first_row; at != 0;) {
    EvidenceRow& row = zone.evidence.row(at - 1);
    row.marks &= static_cast<std::uint8_t>(~kRowBelieved);
    at = row.next;
  }
  for (const NodeOutcome& node : outcome.nodes) {
    if (node.own == nullptr) continue;
    zone.evidence.row(static_cast<std::uint32_t>(node.own - zone.evidence.rows().data())).marks |= kRowBelieved;
  }
}

StoredEvidence Ledger::Impl::stored_row(const LedgerZone& zone, const EvidenceRow& row) const {
  StoredEvidence stored;
  stored.zone = zone.evidence.zone();
  stored.serial = row.serial;
  stored.srcip = srcip_of(row.node);
  if (const Nameserver* nameserver = world_->nodes.nameserver_of(row.node)) stored.hostname = nameserver->hostname;
  for (std::size_t kind = 0; kind < kEvidenceKinds; ++kind) {
    const Fact& fact = row.facts[kind];
    if (!fact.seen()) continue;
    StoredFact& kept = stored.facts[kind].emplace();
    kept.time = fact.time;
    if (fact.sensor != kNoSensor) kept.sensor = sensors_.name(fact.sensor);
    kept.clock_error = to_duration(fact.error);
  }
  zone.evidence.for_each_lower(row, [&](const LowerBound& bound) { stored.lowers.push_back(bound); });
  stored.receptions = row.receptions;
  return stored;
}

void Ledger::Impl::write_evidence(LedgerZone& zone, std::uint32_t version, Changes& into) {
  const VersionState& state = zone.states[version];
  for (std::uint32_t at = zone.evidence.version_list()[version].first_row; at != 0;) {
    EvidenceRow& row = zone.evidence.row(at - 1);
    at = row.next;
    if ((row.marks & kRowDirty) == 0) continue;
    const Write write = (row.marks & kRowStored) != 0 ? Write::update : Write::insert;
    into.evidence.push_back({write, state.day_of(), stored_row(zone, row)});
    row.marks = static_cast<std::uint8_t>((row.marks | kRowStored) & ~kRowDirty);
    if (write == Write::insert && is_stranger(row.node, zone.evidence.zone()) && !world_->inventory.empty()) {
      const IpAddress& address = world_->nodes.address_of(row.node);
      candidates_.add(into.evidence.back().row, world_->inventory.is_customer(address));
    }
  }
}

void Ledger::Impl::write_nodes(LedgerZone& zone, std::uint32_t version, const VersionOutcome& outcome, Changes& into) {
  const VersionState& state = zone.states[version];
  const Serial serial = zone.evidence.version_list()[version].serial;
  ++pass_;
  live_pass_.resize(std::max(live_pass_.size(), world_->nodes.index_limit()));
  for (const NodeOutcome& node : outcome.nodes) {
    if (!node.live) continue;
    live_pass_[static_cast<std::size_t>(node.node)] = pass_;
    const std::uint64_t digest = digest_of(node, outcome, context());
    const EvidenceRow* row = node.own != nullptr ? node.own : zone.evidence.find(serial, node.node, hash_);
    std::uint64_t* written = nullptr;
    if (row != nullptr) written = &zone.written[static_cast<std::size_t>(row - zone.evidence.rows().data())];
    if (written != nullptr && *written == digest) {
      ++counters_.rows_unchanged;
      continue;
    }
    const Write write = written != nullptr && *written != kNotWritten ? Write::update : Write::insert;
    into.nodes.push_back({write, state.day_of(), node_row(node, outcome, zone.evidence.zone(), context())});
    if (written != nullptr) {
      *written = digest;
    } else {
      bare_rows_.push_back({serial, node.node, digest});
    }
  }
  remove_nodes(zone, version, into);
}

void Ledger::Impl::remove_nodes(LedgerZone& zone, std::uint32_t version, Changes& into) {
  const ZoneVersion& of = zone.evidence.version_list()[version];
  for (std::uint32_t at = of.first_row; at != 0;) {
    const EvidenceRow& row = zone.evidence.rows()[at - 1];
    std::uint64_t& written = zone.written[at - 1];
    at = row.next;
    if (written == kNotWritten || live_pass_[static_cast<std::size_t>(row.node)] == pass_) continue;
    written = kNotWritten;
    into.removed_nodes.push_back({zone.evidence.zone(), of.serial, zone.states[version].day_of(), srcip_of(row.node)});
  }
}

// Rows that rest on a successor's evidence alone: a place to remember them is made when pointers to rows are not in
// use.
void Ledger::Impl::add_bare_rows(LedgerZone& zone) {
  for (const BareRow& bare : bare_rows_) {
    const std::uint32_t at = zone.evidence.row_of(bare.serial, bare.node, hash_);
    if (at >= zone.written.size()) {
      ++rows_;
      stranger_rows_ += is_stranger(bare.node, zone.evidence.zone());
    }
    zone.match_sizes();
    zone.written[at] = bare.digest;
  }
  bare_rows_.clear();
}

// What makes an announcement outdated may leave memory before it does.
void Ledger::Impl::note_outdated(LedgerZone& zone) {
  for (const EvidenceRow* seen : conclusion_->outdated()) {
    EvidenceRow& row = zone.evidence.row(static_cast<std::uint32_t>(seen - zone.evidence.rows().data()));
    if ((row.receptions & bit(Reception::outdated)) != 0) continue;
    row.receptions |= bit(Reception::outdated);
    row.marks |= kRowDirty;
    judged_.push_back(zone.evidence.find_version(row.serial, hash_));
  }
}

std::vector<VerdictRow> Ledger::Impl::judge_policies(const VersionOutcome& outcome, const ZoneName& zone, Timestamp now,
                                                     VersionState& state) const {
  std::vector<VerdictRow> verdicts;
  const auto judge_one = [&](const Policy& policy) {
    if (std::ranges::find(verdicts, policy.name, &VerdictRow::policy) != verdicts.end()) return;
    auto verdict = verdict_of(outcome, policy, now);
    if (!verdict) return;
    if (verdict->verdict == Verdict::open) {
      state.is_pending = true;
      if (policy.deadline < Timestamp::max() - outcome.first_seen)
        state.due = std::min(state.due, outcome.first_seen + policy.deadline);
    }
    verdicts.push_back(std::move(*verdict));
  };
  world_->inventory.for_each_policy(zone, judge_one);
  for (const Policy& policy : settings_.policies) {
    if (world_->inventory.applies(policy, zone)) judge_one(policy);
  }
  return verdicts;
}

void Ledger::Impl::fill_version(LedgerZone& zone, VersionState& state, const VersionOutcome& outcome, Timestamp now,
                                VersionChange& change) {
  change.inventory = full_digest_;
  change.last_own_evidence = outcome.last_own_evidence;
  change.row = summary_of(outcome, zone.evidence.zone(), context());
  state.is_open = outcome.is_open;
  state.due = outcome.next_change;
  change.verdicts = judge_policies(outcome, zone.evidence.zone(), now, state);
  if (const Policy* policy = world_->inventory.policy_for(zone.evidence.zone())) {
    const auto verdict = std::ranges::find(change.verdicts, policy->name, &VerdictRow::policy);
    if (verdict != change.verdicts.end()) {
      change.row.verdict = verdict->verdict;
      change.row.policy = policy->name;
    }
  }
  for (const NodeOutcome& node : outcome.nodes) {
    if (!node.live) change.open_nodes.push_back(world_->nodes.nameserver_of(node.node)->hostname);
  }
  std::ranges::sort(change.open_nodes);
}

std::uint64_t Ledger::Impl::version_digest(const VersionChange& change, bool is_version) const {
  std::uint64_t digest = digest_of(change.row, change.verdicts, change.open_nodes, hash_);
  digest = hash_.chain(digest, static_cast<std::uint64_t>(change.last_evidence.time_since_epoch().count()));
  digest = hash_.chain(digest, is_version ? rows_digest_ : 0);
  return digest <= kUnknownContent ? digest + 2 : digest;
}

void Ledger::Impl::write_version(LedgerZone& zone, std::uint32_t version, const VersionOutcome* outcome, Timestamp now,
                                 Changes& into) {
  VersionState& state = zone.states[version];
  state.is_open = false;
  state.is_pending = false;
  state.due = kNever;
  VersionChange change;
  if (outcome != nullptr) {
    fill_version(zone, state, *outcome, now, change);
  } else {
    change.row.zone = zone.evidence.zone();
    change.row.serial = zone.evidence.version_list()[version].serial;
    change.row.first_seen = state.first_seen;
  }
  change.last_evidence = state.reach;
  const std::uint64_t digest = version_digest(change, outcome != nullptr);
  if (digest == state.digest) {
    ++counters_.rows_unchanged;
    return;
  }
  change.write = state.digest == kNotWritten ? Write::insert : Write::update;
  change.day = state.day_of();
  change.key_hash = zone.key_hash;
  state.digest = digest;
  into.versions.push_back(std::move(change));
}

}  // namespace zonelag::aggregator
