#include "fake_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "aggregator/partition.h"

namespace zonelag::aggregator {
namespace {

FakeTables::Key key_of(const StoredEvidence& row) { return {row.zone, row.serial.value(), row.srcip}; }

}  // namespace

// The faults below count calls: `before` counts, `after` looks at the same count.
std::optional<StoreError> FakeStore::fault(WhenInCall when) {
  if (when == WhenInCall::before) {
    ++calls_;
    if (fault_ && fault_->call > 0) --fault_->call;
  }
  if (!fault_ || fault_->call > 0 || fault_->when != when) return std::nullopt;
  const StoreError error{fault_->fault, std::string("injected: ") + to_string(fault_->fault)};
  if (--fault_->times == 0) fault_.reset();
  transaction_.reset();
  return error;
}

#define ZONELAG_FAULT(when) \
  if (const auto error = fault(WhenInCall::when)) return std::unexpected(*error)

Stored<std::vector<PartitionState>> FakeStore::adopt(std::span<const std::int32_t> partitions, std::int32_t layout) {
  ZONELAG_FAULT(before);
  auto& offsets = database_.tables.offsets;
  for (const auto& [partition, state] : offsets) {
    if (state.layout > layout) return std::unexpected(StoreError{StoreFault::fenced, "the topic is larger"});
  }
  for (auto& [partition, state] : offsets) state.layout = layout;
  std::vector<PartitionState> states;
  for (const std::int32_t partition : partitions) {
    FakeOffsets& state = offsets[partition];
    state.layout = layout;
    state.holder = ++database_.adoptions;
    held_[partition] = state;
    states.push_back({partition, state.next});
  }
  ZONELAG_FAULT(after);
  return states;
}

StoredZone FakeStore::zone_of(const ZoneName& zone) const {
  StoredZone result{.zone = zone};
  for (const auto& [key, row] : database_.tables.evidence) {
    if (row.zone != zone) continue;
    const auto same = [&](const StoredVersion& version) { return version.serial == row.serial; };
    auto version = std::ranges::find_if(result.versions, same);
    if (version == result.versions.end()) {
      version = result.versions.insert(result.versions.end(), StoredVersion{.serial = row.serial});
    }
    version->evidence.push_back(row);
  }
  return result;
}

Stored<void> FakeStore::open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp /*since*/,
                                   Timestamp /*settled_since*/, const std::function<void(StoredZone&&)>& take) {
  ZONELAG_FAULT(before);
  std::set<ZoneName> zones;
  for (const auto& [key, row] : database_.tables.evidence) {
    const auto home =
        static_cast<std::int32_t>(partition_of(key_hash(row.zone.to_text()), static_cast<std::uint32_t>(layout)));
    if (std::ranges::find(partitions, home) != partitions.end()) zones.insert(row.zone);
  }
  for (const ZoneName& zone : zones) take(zone_of(zone));
  ZONELAG_FAULT(after);
  return {};
}

Stored<std::vector<OutboxEntry>> FakeStore::pending(std::span<const std::int32_t> partitions) {
  ZONELAG_FAULT(before);
  std::vector<OutboxEntry> entries;
  for (const auto& [id, entry] : database_.tables.outbox) {
    if (std::ranges::find(partitions, entry.first) != partitions.end()) entries.push_back({id, entry.second});
  }
  return entries;
}

Stored<void> FakeStore::begin(std::span<const ConsumedRange> ranges) {
  ZONELAG_FAULT(before);
  EXPECT_FALSE(transaction_) << "a transaction within a transaction";
  FakeTables tables = database_.tables;
  for (const ConsumedRange& range : ranges) {
    FakeOffsets& state = tables.offsets[range.partition];
    const FakeOffsets& mine = held_[range.partition];
    if (state.holder != mine.holder || state.layout != mine.layout || state.next != range.expected_offset) {
      return std::unexpected(StoreError{StoreFault::fenced, "partition " + std::to_string(range.partition)});
    }
    state.next = range.next_offset;
    if (range.latest != Timestamp::min()) tables.latest = std::max(range.latest, tables.latest.value_or(range.latest));
  }
  transaction_ = std::move(tables);
  ZONELAG_FAULT(after);
  return {};
}

Stored<std::vector<StoredZone>> FakeStore::load(std::span<const WantedZone> wanted) {
  ZONELAG_FAULT(before);
  EXPECT_TRUE(transaction_);
  std::vector<StoredZone> zones;
  for (const WantedZone& each : wanted) {
    StoredZone zone = zone_of(each.zone);
    if (!zone.versions.empty()) zones.push_back(std::move(zone));
  }
  return zones;
}

void FakeStore::check_change(const EvidenceChange& change) {
  const bool there = transaction_->evidence.contains(key_of(change.row));
  EXPECT_EQ(there, change.write == Write::update) << change.row.zone.to_text() << " " << change.row.serial.value();
  transaction_->evidence[key_of(change.row)] = change.row;
}

Stored<void> FakeStore::write(const Changes& changes) {
  ZONELAG_FAULT(before);
  EXPECT_TRUE(transaction_);
  for (const EvidenceChange& change : changes.evidence) check_change(change);
  ZONELAG_FAULT(after);
  return {};
}

Stored<std::optional<std::int64_t>> FakeStore::write_outbox(std::int32_t partition,
                                                            std::span<const OutgoingMessage> messages,
                                                            std::span<const std::int64_t> sent) {
  ZONELAG_FAULT(before);
  EXPECT_TRUE(transaction_);
  for (const std::int64_t id : sent) transaction_->outbox.erase(id);
  if (messages.empty()) return std::nullopt;
  const std::int64_t id = transaction_->next_entry++;
  transaction_->outbox[id] = {partition, {messages.begin(), messages.end()}};
  return id;
}

Stored<void> FakeStore::commit() {
  ZONELAG_FAULT(before);
  EXPECT_TRUE(transaction_);
  database_.tables = *std::exchange(transaction_, std::nullopt);
  ++database_.commits;
  ZONELAG_FAULT(after);
  return {};
}

Stored<std::optional<Timestamp>> FakeStore::latest() {
  ZONELAG_FAULT(before);
  return database_.tables.latest;
}

Stored<InventoryRows> FakeStore::inventory() {
  ZONELAG_FAULT(before);
  return database_.inventory;
}

Stored<std::vector<ServiceChange>> FakeStore::services() {
  ZONELAG_FAULT(before);
  return std::vector<ServiceChange>{};
}

Stored<void> FakeStore::check_schema() {
  ZONELAG_FAULT(before);
  return {};
}

Stored<void> FakeStore::maintain(Timestamp now) {
  ZONELAG_FAULT(before);
  maintained.push_back(now);
  return {};
}

}  // namespace zonelag::aggregator
