#include "candidates.h"

#include <algorithm>

namespace zonelag::aggregator {

void Candidates::add(const StoredEvidence& row, bool is_customer) {
  Timestamp first = kNever;
  Timestamp last = Timestamp::min();
  for (const auto& fact : row.facts) {
    if (!fact) continue;
    first = std::min(first, fact->time);
    last = std::max(last, fact->time);
  }
  if (first == kNever) return;  // others answered it, and itself was not seen
  const auto [at, fresh] = changes_.try_emplace(row.srcip);
  CandidateChange& change = at->second;
  ++change.new_evidence;
  change.srcip = row.srcip;
  change.first_seen = fresh ? first : std::min(change.first_seen, first);
  if (!fresh && last < change.last_seen) return;
  change.last_seen = last;
  change.last_zone = row.zone;
  change.foreign_customer = is_customer;
}

void Candidates::take(Changes& into) {
  for (auto& [srcip, change] : changes_) into.candidates.push_back(std::move(change));
  changes_.clear();
}

}  // namespace zonelag::aggregator
