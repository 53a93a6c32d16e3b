#include "ledger_zone.h"

#include <algorithm>

#include "aggregator/partition.h"

namespace zonelag::aggregator {
namespace {

constexpr std::size_t kBlockOverhead = 16;

template <typename T>
std::size_t block_bytes(const std::vector<T>& items) {
  return items.capacity() == 0 ? 0 : items.capacity() * sizeof(T) + kBlockOverhead;
}

}  // namespace

void LedgerZone::match_sizes() {
  if (states.size() < evidence.versions()) {
    if (states.capacity() < evidence.versions()) states.reserve(evidence.versions() + evidence.versions() / 4);
    states.resize(evidence.versions());
  }
  const std::size_t rows = evidence.rows().size();
  if (written.size() == rows) return;
  if (written.capacity() < rows) written.reserve(rows + rows / 8 + 1);
  written.resize(rows, kNotWritten);
}

void LedgerZone::keep_versions(const std::vector<bool>& keep, const KeyedHash& hash) {
  std::vector<Serial> serials;
  std::vector<VersionState> kept_states;
  const auto versions = evidence.version_list();
  const auto is_kept = [&](const EvidenceRow& row) { return keep[evidence.find_version(row.serial, hash)]; };
  std::vector<std::uint64_t> kept_written;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (is_kept(evidence.rows()[i])) kept_written.push_back(written[i]);
  }
  for (std::size_t v = 0; v < versions.size(); ++v) {
    if (!keep[v] || versions[v].first_row == 0) continue;
    serials.push_back(versions[v].serial);
    kept_states.push_back(states[v]);
  }
  // Before the positions of versions change.
  evidence.keep_if(is_kept, hash);
  written = std::move(kept_written);
  written.shrink_to_fit();
  states.clear();
  match_sizes();
  for (std::size_t i = 0; i < serials.size(); ++i) state_of(serials[i], hash) = kept_states[i];
}

void LedgerZone::find_due() {
  due = kNever;
  for (const VersionState& state : states) due = std::min(due, state.due);
}

void LedgerZone::find_context_reach() {
  context_reach = Timestamp::min();
  for (const VersionState& state : states) {
    if (!is_whole(state)) context_reach = std::max(context_reach, state.reach);
  }
}

std::size_t LedgerZone::memory_bytes() const {
  return sizeof(*this) - sizeof(evidence) + kBlockOverhead + evidence.memory_bytes() + block_bytes(states) +
         block_bytes(written) + block_bytes(open_elsewhere);
}

LedgerZone* LedgerZones::find(const ZoneName& zone) {
  const std::uint32_t at =
      slots_.find(hash_(zone.wire()), [&](std::uint32_t i) { return zones_[i]->evidence.zone() == zone; });
  return at == SlotTable::kNone ? nullptr : zones_[at].get();
}

LedgerZone& LedgerZones::at(const ZoneName& zone, bool& is_new) {
  const std::uint64_t hash = hash_(zone.wire());
  const std::uint32_t at = slots_.find(hash, [&](std::uint32_t i) { return zones_[i]->evidence.zone() == zone; });
  is_new = at == SlotTable::kNone;
  if (!is_new) return *zones_[at];
  zones_.push_back(std::make_unique<LedgerZone>(zone, key_hash(zone.to_text())));
  slots_.append(hash, [&](std::uint32_t i) { return hash_(zones_[i]->evidence.zone().wire()); });
  return *zones_.back();
}

void LedgerZones::clear() {
  zones_.clear();
  zones_.shrink_to_fit();
  slots_ = SlotTable();
}

std::size_t LedgerZones::memory_bytes() const {
  std::size_t bytes = zones_.capacity() * sizeof(zones_[0]) + slots_.memory_bytes();
  for (const auto& zone : zones_) bytes += zone->memory_bytes();
  return bytes;
}

}  // namespace zonelag::aggregator
