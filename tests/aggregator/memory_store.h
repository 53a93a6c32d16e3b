// A store in memory that is as strict as the database: unique keys, fencing by offsets, transactions; and faults when
// asked for. Several processes have a MemoryStore each over one MemoryDatabase.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

struct MemoryDatabase {
  using VersionKey = std::tuple<ZoneName, std::uint32_t>;           // zone, serial
  using RowKey = std::tuple<ZoneName, std::uint32_t, std::string>;  // and srcip
  using TransferKeyTuple =
      std::tuple<ZoneName, std::string, IpAddress, std::uint16_t, IpAddress, std::uint16_t, std::uint16_t, Timestamp>;
  struct Evidence {
    Day day;
    StoredEvidence row;
  };
  struct Node {
    Day day;
    NodeRow row;
  };
  struct Partition {
    std::int64_t next_offset = -1;
    std::int32_t layout = 0;
    Timestamp latest = Timestamp::min();
    std::uint64_t holder = 0;
  };
  struct Outbox {
    std::int32_t partition = 0;
    std::vector<OutgoingMessage> messages;
  };
  struct Tables {
    std::map<VersionKey, VersionChange> versions;
    std::map<RowKey, Evidence> evidence;
    std::map<RowKey, Node> rows;
    std::map<std::tuple<std::string, Timestamp, bool>, ServiceChange> services;
    std::map<std::string, CandidateChange> candidates;
    std::map<TransferKeyTuple, TransferChange> transfers;
    std::map<std::string, SensorChange> sensors;
    std::vector<BlindTime> blind_times;
    std::map<std::int32_t, Partition> partitions;
    std::map<std::int64_t, Outbox> outbox;
    std::int64_t next_id = 1;
  };

  Tables tables;  // what is committed
  std::uint64_t revision = 0;
  InventoryRows inventory;
  std::uint64_t next_holder = 1;
  std::uint64_t rows_written = 0;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryDatabase& database) : database_(database), holder_(database.next_holder++) {}

  // Asked before each operation ("begin", "load", ...): a fault that it shall have.
  std::function<std::optional<StoreFault>(const char* operation)> fault;

  Stored<std::vector<PartitionState>> adopt(std::span<const std::int32_t> partitions, std::int32_t layout) override;
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take) override;
  Stored<std::vector<OutboxEntry>> pending(std::span<const std::int32_t> partitions) override;
  Stored<std::uint64_t> begin(std::span<const ConsumedRange> ranges) override;
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted) override;
  Stored<void> write(const Changes& changes) override;
  Stored<std::optional<std::int64_t>> write_outbox(std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                   std::span<const std::int64_t> sent) override;
  Stored<void> commit() override;
  void rollback() override { transaction_.reset(); }
  Stored<std::optional<Timestamp>> latest() override;
  Stored<InventoryRows> inventory() override { return database_.inventory; }
  Stored<std::vector<ServiceChange>> services() override;
  Stored<std::vector<SensorChange>> sensors() override;

 private:
  using Tables = MemoryDatabase::Tables;
  std::unexpected<StoreError> fail(StoreFault kind, std::string text);
  std::optional<StoreError> asked_fault(const char* operation);
  Stored<void> write_evidence(const EvidenceChange& change);
  Stored<void> write_node(const NodeChange& change);
  Stored<void> write_version(const VersionChange& change);
  Stored<void> remove_node(const NodeRemoval& removal);
  void write_transfer(const TransferChange& change);
  void write_rest(const Changes& changes);

  MemoryDatabase& database_;
  std::uint64_t holder_;
  std::int32_t layout_ = 0;  // as adopted last
  std::optional<Tables> transaction_;
};

}  // namespace zonelag::aggregator
