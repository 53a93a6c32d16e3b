// A database of evidence, outbox and offsets in memory, with transactions and fences, that can fail at any call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "aggregator/store/store.h"
#include "upkeep.h"

namespace zonelag::aggregator {

struct FakeOffsets {
  std::int64_t next = -1;
  std::int32_t layout = 0;
  std::uint64_t holder = 0;  // who adopted it last
};

struct FakeTables {
  using Key = std::tuple<ZoneName, std::uint32_t, std::string>;
  std::map<std::int32_t, FakeOffsets> offsets;
  std::map<Key, StoredEvidence> evidence;
  std::map<std::int64_t, std::pair<std::int32_t, std::vector<OutgoingMessage>>> outbox;
  std::int64_t next_entry = 1;
  std::optional<Timestamp> latest;
};

struct FakeDatabase {
  FakeTables tables;
  InventoryRows inventory;
  std::uint64_t adoptions = 0;
  std::uint64_t commits = 0;
};

enum class WhenInCall : std::uint8_t { before, after };  // after: it was done, but nobody heard of it
struct FakeFault {
  std::uint64_t call = 0;  // 1: the next one
  StoreFault fault = StoreFault::unavailable;
  WhenInCall when = WhenInCall::before;
  std::uint64_t times = 1;  // calls in a row that fail
};

class FakeStore final : public Store, public Upkeep {
 public:
  explicit FakeStore(FakeDatabase& database) : database_(database) {}

  void fail(FakeFault fault) { fault_ = fault; }
  std::uint64_t calls() const { return calls_; }
  bool changed = false;  // for inventory_changed()
  std::vector<Timestamp> maintained;

  Stored<std::vector<PartitionState>> adopt(std::span<const std::int32_t> partitions, std::int32_t layout) override;
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take) override;
  Stored<std::vector<OutboxEntry>> pending(std::span<const std::int32_t> partitions) override;
  Stored<void> begin(std::span<const ConsumedRange> ranges) override;
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted) override;
  Stored<void> write(const Changes& changes) override;
  Stored<std::optional<std::int64_t>> write_outbox(std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                   std::span<const std::int64_t> sent) override;
  Stored<void> commit() override;
  void rollback() override { transaction_.reset(); }
  Stored<std::optional<Timestamp>> latest() override;
  Stored<InventoryRows> inventory() override;
  Stored<std::vector<ServiceChange>> services() override;
  Stored<void> check_schema() override;
  bool inventory_changed() override { return std::exchange(changed, false); }
  Stored<void> maintain(Timestamp now) override;

 private:
  // What is to be returned in place of the call's work, or after it.
  std::optional<StoreError> fault(WhenInCall when);
  StoredZone zone_of(const ZoneName& zone) const;
  void check_change(const EvidenceChange& change);

  FakeDatabase& database_;
  std::optional<FakeTables> transaction_;
  std::optional<FakeFault> fault_;
  std::uint64_t calls_ = 0;
  std::map<std::int32_t, FakeOffsets> held_;
};

}  // namespace zonelag::aggregator
