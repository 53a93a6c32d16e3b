// The store in memory, that can fail at any call: before it did its work, or after it, when nobody hears of it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "memory_store.h"
#include "upkeep.h"

namespace zonelag::aggregator {

enum class WhenInCall : std::uint8_t { before, after };
struct FakeFault {
  std::uint64_t call = 0;  // 1: the next one
  StoreFault fault = StoreFault::unavailable;
  WhenInCall when = WhenInCall::before;
  std::uint64_t times = 1;  // calls in a row that fail
};

class FakeStore final : public Store, public Upkeep {
 public:
  explicit FakeStore(MemoryDatabase& database) : store_(database) {}

  void fail(FakeFault fault) { fault_ = fault; }
  std::uint64_t calls() const { return calls_; }
  std::uint64_t commits = 0;
  bool changed = false;  // for inventory_changed()
  std::vector<Timestamp> maintained;

  Stored<std::vector<PartitionState>> adopt(std::span<const std::int32_t> partitions, std::int32_t layout) override {
    return call([&] { return store_.adopt(partitions, layout); });
  }
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take) override {
    return call([&] { return store_.open_zones(partitions, layout, since, settled_since, take); });
  }
  Stored<std::vector<OutboxEntry>> pending(std::span<const std::int32_t> partitions) override {
    return call([&] { return store_.pending(partitions); });
  }
  Stored<std::uint64_t> begin(std::span<const ConsumedRange> ranges) override {
    return call([&] { return store_.begin(ranges); });
  }
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted) override {
    return call([&] { return store_.load(wanted); });
  }
  Stored<void> write(const Changes& changes) override {
    return call([&] { return store_.write(changes); });
  }
  Stored<std::optional<std::int64_t>> write_outbox(std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                   std::span<const std::int64_t> sent) override {
    return call([&] { return store_.write_outbox(partition, messages, sent); });
  }
  Stored<void> commit() override {
    ++commits;
    return call([&] { return store_.commit(); });
  }
  void rollback() override { store_.rollback(); }
  Stored<std::optional<Timestamp>> latest() override {
    return call([&] { return store_.latest(); });
  }
  Stored<InventoryRows> inventory() override {
    return call([&] { return store_.inventory(); });
  }
  Stored<std::vector<ServiceChange>> services() override {
    return call([&] { return store_.services(); });
  }
  Stored<std::vector<SensorChange>> sensors() override {
    return call([&] { return store_.sensors(); });
  }
  Stored<void> check_schema() override {
    return call([] { return Stored<void>(); });
  }
  bool inventory_changed() override { return std::exchange(changed, false); }
  Stored<void> maintain(Timestamp now) override {
    return call([&] {
      maintained.push_back(now);
      return Stored<void>();
    });
  }

 private:
  template <typename Work>
  auto call(Work work) -> decltype(work()) {
    ++calls_;
    if (fault_ && fault_->call > 0) --fault_->call;
    const bool due = fault_ && fault_->call == 0;
    if (due && fault_->when == WhenInCall::before) return std::unexpected(strike());
    auto done = work();
    if (due) return std::unexpected(strike());
    return done;
  }
  StoreError strike() {
    // The number is not the same twice, as with what servers say.
    const StoreError error{fault_->fault,
                           "injected: " + std::string(to_string(fault_->fault)) + ", call " + std::to_string(calls_)};
    if (--fault_->times == 0) fault_.reset();
    store_.rollback();
    return error;
  }

  MemoryStore store_;
  std::optional<FakeFault> fault_;
  std::uint64_t calls_ = 0;
};

}  // namespace zonelag::aggregator
