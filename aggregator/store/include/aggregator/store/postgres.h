// The store in PostgreSQL, schema `tlddns`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

struct DatabaseConfig {
  std::string connection = "postgresql:///zonelag";  // libpq's URI or keywords; PG* variables and .pgpass count, too
  std::string password_file;                         // its first line
  std::string topic = "zonelag.events";              // offsets are kept by topic
  bool legacy_lags = false;  // lags that do not apply as 0, references not known as -1 s (the Python tool's way)
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{60'000};
};

// Connects at the first use, and anew after a loss.
class PostgresStore final : public Store {
 public:
  explicit PostgresStore(DatabaseConfig config);
  ~PostgresStore() override;

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
  void rollback() override;
  Stored<std::optional<Timestamp>> latest() override;
  Stored<InventoryRows> inventory() override;
  Stored<std::vector<ServiceChange>> services() override;
  Stored<std::vector<SensorChange>> sensors() override;

  // Whether the schema is there and is of this program's version. Error: schema, with what to do.
  Stored<void> check_schema();
  // True once after each change of inventory, services or policies that somebody committed (LISTEN), or when the
  // connection was lost in between. Does not wait.
  bool inventory_changed();
  // Partitions for the days ahead made, those beyond retention dropped. Any process may call it at any time.
  Stored<void> maintain(Timestamp now, std::chrono::days keep_rows, std::chrono::days keep_versions);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
