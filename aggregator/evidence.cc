#include "evidence.h"

#include <algorithm>

namespace zonelag::aggregator {
namespace {

// An eighth instead of the doubling of std::vector: rows are nearly all of the memory.
template <typename T>
void reserve_one_more(std::vector<T>& items, std::size_t least) {
  if (items.size() == items.capacity()) items.reserve(items.size() + items.size() / 8 + least);
}

// Most zones have few versions: a look at each costs less than a table.
constexpr std::size_t kFewVersions = 4;

// malloc's header and rounding, for each block.
constexpr std::size_t kBlockOverhead = 16;

template <typename T>
std::size_t block_bytes(const std::vector<T>& items) {
  return items.capacity() == 0 ? 0 : items.capacity() * sizeof(T) + kBlockOverhead;
}

bool later(const LowerBound& left, const LowerBound& right) {
  if (left.time != right.time) return left.time > right.time;
  return left.serial.value() > right.serial.value();
}

}  // namespace

ClockError to_clock_error(const std::optional<Duration>& error) {
  if (!error || *error < Duration::zero()) return kErrorUnknown;
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(*error).count();
  return ClockError{static_cast<std::uint32_t>(std::min<std::int64_t>(micros, 0xfffffffeU))};
}

std::optional<Duration> to_duration(ClockError error) {
  if (error == kErrorUnknown) return std::nullopt;
  return std::chrono::microseconds(static_cast<std::uint32_t>(error));
}

Timestamp EvidenceRow::first_seen() const { return std::ranges::min(facts, {}, &Fact::time).time; }

SensorIndex SensorNames::index_of(std::string_view name) {
  if (last_ != kNoSensor && names_[static_cast<std::size_t>(last_)] == name) return last_;
  const std::uint64_t hash = hash_(name);
  std::uint32_t at = slots_.find(hash, [&](std::uint32_t i) { return names_[i] == name; });
  if (at == SlotTable::kNone) {
    if (names_.size() >= kMaxSensors) {
      ++over_limit_;
      return kNoSensor;
    }
    at = static_cast<std::uint32_t>(names_.size());
    names_.emplace_back(name);
    slots_.append(hash, [&](std::uint32_t i) { return hash_(names_[i]); });
  }
  last_ = SensorIndex{at};
  return last_;
}

bool SensorNames::earlier(const Fact& left, const Fact& right) const {
  if (left.time != right.time) return left.time < right.time;
  if (left.error != right.error) return left.error < right.error;
  if (left.sensor == right.sensor || left.sensor == kNoSensor) return false;
  return right.sensor == kNoSensor || name(left.sensor) < name(right.sensor);
}

std::size_t SensorNames::memory_bytes() const {
  std::size_t bytes = block_bytes(names_) + slots_.memory_bytes();
  for (const std::string& name : names_) bytes += name.capacity();
  return bytes;
}

std::uint64_t ZoneEvidence::row_hash(const EvidenceRow& row, const KeyedHash& hash) {
  return hash(row.serial.value(), static_cast<std::uint32_t>(row.node));
}

std::uint32_t ZoneEvidence::position_of(Serial serial, NodeIndex node, const KeyedHash& hash) const {
  return row_slots_.find(hash(serial.value(), static_cast<std::uint32_t>(node)),
                         [&](std::uint32_t i) { return rows_[i].serial == serial && rows_[i].node == node; });
}

Merged ZoneEvidence::merge(const Sighting& sighting, const SensorNames& sensors, const KeyedHash& hash) {
  latest_ = std::max(latest_, sighting.fact.time);
  Merged merged{position_of(sighting.serial, sighting.node, hash)};
  merged.is_new = merged.row == SlotTable::kNone;
  if (merged.is_new) {
    append(sighting.serial, sighting.node, hash);
    merged.row = static_cast<std::uint32_t>(rows_.size()) - 1;
  }
  EvidenceRow& row = rows_[merged.row];
  ZoneVersion& version = versions_[find_version(sighting.serial, hash)];
  for (std::size_t kind = 0; kind < kEvidenceKinds; ++kind) {
    if ((sighting.kinds >> kind & 1) == 0 || !sensors.earlier(sighting.fact, row.facts[kind])) continue;
    row.facts[kind] = sighting.fact;
    merged.from = sighting.fact.time;
    merged.changed = true;
    version.earliest = std::min(version.earliest, sighting.fact.time);
  }
  if ((row.receptions | sighting.receptions) != row.receptions) {
    row.receptions |= sighting.receptions;
    merged.changed = true;
    merged.from = std::min(merged.from, row.first_seen());
  }
  if (sighting.lower && add_lower(row, *sighting.lower)) {
    merged.changed = merged.bound_changed = true;
    merged.from = std::min(merged.from, sighting.lower->time);
    version.earliest_lower = std::min(version.earliest_lower, sighting.lower->time);
    version.latest_lower = std::max(version.latest_lower, sighting.lower->time);
  }
  return merged;
}

std::uint32_t ZoneEvidence::row_of(Serial serial, NodeIndex node, const KeyedHash& hash) {
  const std::uint32_t at = position_of(serial, node, hash);
  if (at != SlotTable::kNone) return at;
  append(serial, node, hash);
  return static_cast<std::uint32_t>(rows_.size()) - 1;
}

const EvidenceRow* ZoneEvidence::find(Serial serial, NodeIndex node, const KeyedHash& hash) const {
  const std::uint32_t at = position_of(serial, node, hash);
  return at == SlotTable::kNone ? nullptr : &rows_[at];
}

void ZoneEvidence::append(Serial serial, NodeIndex node, const KeyedHash& hash) {
  reserve_one_more(rows_, 2);
  EvidenceRow& row = rows_.emplace_back();
  row.serial = serial;
  row.node = node;
  row_slots_.append(row_hash(row, hash), [&](std::uint32_t i) { return row_hash(rows_[i], hash); });
  link(static_cast<std::uint32_t>(rows_.size()) - 1, hash);
  if (!many_) return;
  if (many_->nodes.empty() && !many_->too_many_nodes) {
    list_nodes();
  } else {
    note_node(node);
  }
}

// More nodes than a fleet has in a zone are strangers; a list of them would be searched for each new row.
constexpr std::size_t kFewNodes = 64;

void ZoneEvidence::note_node(NodeIndex node) {
  if (many_->too_many_nodes || std::ranges::find(many_->nodes, node) != many_->nodes.end()) return;
  many_->nodes.push_back(node);
  if (many_->nodes.size() <= kFewNodes) return;
  many_->too_many_nodes = true;
  many_->nodes = {};
}

void ZoneEvidence::list_nodes() {
  if (!many_) return;
  many_->nodes.clear();
  many_->too_many_nodes = false;
  for (const EvidenceRow& row : rows_) note_node(row.node);
}

void ZoneEvidence::link(std::uint32_t position, const KeyedHash& hash) {
  ZoneVersion& version = versions_[version_of(rows_[position].serial, hash)];
  rows_[position].next = version.first_row;
  version.first_row = position + 1;
}

std::uint32_t ZoneEvidence::find_version(Serial serial, const KeyedHash& hash) const {
  if (versions_.size() <= kFewVersions) {
    for (std::uint32_t i = 0; i < versions_.size(); ++i) {
      if (versions_[i].serial == serial) return i;
    }
    return kNoVersion;
  }
  return many_->slots.find(hash(serial.value(), 0), [&](std::uint32_t i) { return versions_[i].serial == serial; });
}

std::uint32_t ZoneEvidence::version_of(Serial serial, const KeyedHash& hash) {
  const std::uint32_t at = find_version(serial, hash);
  if (at != kNoVersion) return at;
  add_version(serial, hash);
  return static_cast<std::uint32_t>(versions_.size()) - 1;
}

void ZoneEvidence::add_version(Serial serial, const KeyedHash& hash) {
  reserve_one_more(versions_, 1);
  versions_.push_back({serial});
  if (versions_.size() == 2) many_ = std::make_unique<ManyVersions>();
  const auto hash_of = [&](std::uint32_t i) { return hash(versions_[i].serial.value(), 0); };
  if (versions_.size() == kFewVersions + 1) {
    many_->slots.rebuild(kFewVersions + 1, hash_of);
  } else if (versions_.size() > kFewVersions) {
    many_->slots.append(hash(serial.value(), 0), hash_of);
  }
}

// Keeps the kMaxLowerBounds latest, the very latest in the row itself. False: it is held already, or is not among them.
bool ZoneEvidence::add_lower(EvidenceRow& row, const LowerBound& bound) {
  std::array<LowerBound, kMaxLowerBounds + 1> bounds;  // latest first
  std::size_t count = 0;
  bool placed = false;
  bool held_already = false;
  for_each_lower(row, [&](const LowerBound& held) {
    held_already = held_already || held == bound;
    if (!placed && later(bound, held)) {
      bounds[count++] = bound;
      placed = true;
    }
    bounds[count++] = held;
  });
  if (held_already || (!placed && count == kMaxLowerBounds)) return false;
  if (!placed) bounds[count++] = bound;
  row.lower_time = bounds[0].time;
  row.lower_serial = bounds[0].serial;
  std::uint32_t* link = &row.more_lower;
  for (std::size_t i = 1; i < std::min(count, kMaxLowerBounds); ++i) {
    if (*link == 0) {
      *link = static_cast<std::uint32_t>(lowers_.size()) + 1;
      reserve_one_more(lowers_, 4);
      lowers_.push_back(ChainedBound{});  // may move what `link` points into, so it is set before and not used after
      lowers_.back().bound = bounds[i];
      return true;  // the chain is one short at most
    }
    lowers_[*link - 1].bound = bounds[i];
    link = &lowers_[*link - 1].next;
  }
  return true;
}

std::size_t ZoneEvidence::keep_if(const RowTest& keep, const KeyedHash& hash) {
  std::vector<EvidenceRow> kept;
  std::vector<ChainedBound> kept_lowers;
  for (const EvidenceRow& row : rows_) {
    if (!keep(row)) continue;
    kept.push_back(row);
    std::uint32_t* link = &kept.back().more_lower;
    for (std::uint32_t at = row.more_lower; at != 0; at = lowers_[at - 1].next) {
      *link = static_cast<std::uint32_t>(kept_lowers.size()) + 1;
      kept_lowers.push_back({lowers_[at - 1].bound, 0});
      link = &kept_lowers.back().next;
    }
  }
  const std::size_t dropped = rows_.size() - kept.size();
  if (dropped == 0) return 0;
  kept.shrink_to_fit();
  rows_ = std::move(kept);
  lowers_ = std::move(kept_lowers);
  rebuild(hash);
  return dropped;
}

void ZoneEvidence::rebuild(const KeyedHash& hash) {
  row_slots_.rebuild(static_cast<std::uint32_t>(rows_.size()),
                     [&](std::uint32_t i) { return row_hash(rows_[i], hash); });
  versions_.clear();
  many_.reset();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    link(i, hash);
    ZoneVersion& version = versions_[find_version(rows_[i].serial, hash)];
    version.earliest = std::min(version.earliest, rows_[i].first_seen());
    version.latest_lower = std::max(version.latest_lower, rows_[i].lower_time);
    for_each_lower(rows_[i], [&](const LowerBound& bound) {
      version.earliest_lower = std::min(version.earliest_lower, bound.time);
    });
  }
  list_nodes();
}

std::vector<ZoneEvidence::Rank> ZoneEvidence::ranks(const RowTest& known, const KeyedHash& hash) const {
  std::vector<Rank> ranks(versions_.size(), Rank{false, kNever, 0});
  for (const EvidenceRow& row : rows_) {
    auto& [is_known, first_seen, serial] = ranks[find_version(row.serial, hash)];
    is_known = is_known || (known(row) && row.first_seen() != kNever);
    first_seen = std::min(first_seen, row.first_seen());
    serial = row.serial.value();
  }
  // Answers alone make no version and would else never grow old.
  for (auto& [is_known, first_seen, serial] : ranks) {
    if (first_seen == kNever) first_seen = Timestamp::min();
  }
  return ranks;
}

std::size_t ZoneEvidence::keep_ranks_from(const Rank& first_kept, const std::vector<Rank>& ranks,
                                          const KeyedHash& hash) {
  const std::size_t before = versions_.size();
  // By the old positions: keep_if rebuilds the table only when it has asked for all rows.
  keep_if([&](const EvidenceRow& row) { return ranks[find_version(row.serial, hash)] >= first_kept; }, hash);
  return before - versions_.size();
}

std::size_t ZoneEvidence::evict_versions(std::size_t count, const RowTest& known, const KeyedHash& hash) {
  const std::vector<Rank> all = ranks(known, hash);
  std::vector<Rank> order = all;
  const auto first_kept = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size() - 1));
  std::ranges::nth_element(order, first_kept);
  return keep_ranks_from(*first_kept, all, hash);
}

std::size_t ZoneEvidence::forget_versions_before(Timestamp time, const KeyedHash& hash) {
  const auto nobody = [](const EvidenceRow&) { return false; };
  return keep_ranks_from(Rank{false, time, 0}, ranks(nobody, hash), hash);
}

std::size_t ZoneEvidence::memory_bytes() const {
  return sizeof(*this) + zone_.wire().size() + kBlockOverhead + block_bytes(rows_) + block_bytes(versions_) +
         block_bytes(lowers_) + row_slots_.memory_bytes() + kBlockOverhead +
         (many_ ? sizeof(*many_) + block_bytes(many_->nodes) + many_->slots.memory_bytes() + 2 * kBlockOverhead : 0);
}

}  // namespace zonelag::aggregator
