// Where results, evidence and consumed offsets are kept: one PostgreSQL database (or memory, in tests).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/inventory.h"

namespace zonelag::aggregator {

enum class StoreFault : std::uint8_t {
  unavailable,  // cannot be reached, is starting, was lost on the way: try again
  fenced,       // another process has taken the partition over, or the topic's layout changed: read the state again
  full,         // disk full, out of memory, too many connections: try again, tell somebody
  refused,      // login or rights
  schema,       // not migrated, or newer than this program
  broken,       // anything else: a defect
};
const char* to_string(StoreFault fault);

struct StoreError {
  StoreFault fault = StoreFault::broken;
  std::string text;  // one line that names the culprit; never a password
};

template <typename T>
using Stored = std::expected<T, StoreError>;

// A message for another Kafka topic that must be sent once this transaction is committed, and not be lost.
struct OutgoingMessage {
  std::string topic;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The offsets that one batch consumed of one partition.
struct ConsumedRange {
  std::int32_t partition = 0;
  std::int64_t expected_offset = 0;  // what the store has: else somebody else has consumed here (fenced)
  std::int64_t next_offset = 0;
  Timestamp latest = Timestamp::min();  // latest event time of this partition so far; min: none
};

struct PartitionState {
  std::int32_t partition = 0;
  std::int64_t next_offset = -1;  // -1: nothing was ever consumed
};

// Messages of one committed batch that may not have been sent.
struct OutboxEntry {
  std::int64_t id = 0;
  std::vector<OutgoingMessage> messages;
};

class Store {
 public:
  virtual ~Store() = default;

  // Takes partitions of a topic over: from here on the previous holder is fenced. `layout`: the topic's number of
  // partitions as this process sees it; when it is larger than the store's, the store's is raised and everybody with
  // the smaller one is fenced; when it is smaller, this process is the one that is behind (fenced).
  virtual Stored<std::vector<PartitionState>> adopt(std::span<const std::int32_t> partitions, std::int32_t layout) = 0;
  // Calls take for each zone whose home is one of the partitions and that has open versions: first seen since `since`
  // with evidence since `settled_since`, or with an open verdict. StoredZone::since: the earliest of `settled_since`
  // and the open ones' first_seen.
  virtual Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                                  Timestamp settled_since, const std::function<void(StoredZone&&)>& take) = 0;
  // Outbox entries of these partitions, oldest first.
  virtual Stored<std::vector<OutboxEntry>> pending(std::span<const std::int32_t> partitions) = 0;

  // One transaction: begin (checks and moves offsets, holds the partitions' rows), any number of load, write, commit.
  // After an error of any of them the transaction is gone. begin(): the transaction's revision, which is larger than
  // those of all before it that changed a zone of these partitions, whoever had them and whatever the layout was; 0
  // where there are no ranges.
  virtual Stored<std::uint64_t> begin(std::span<const ConsumedRange> ranges) = 0;
  virtual Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted) = 0;
  virtual Stored<void> write(const Changes& changes) = 0;
  // Kept under `partition` (any of the batch's) until sent. `sent`: ids that were delivered, to be removed.
  virtual Stored<std::optional<std::int64_t>> write_outbox(std::int32_t partition,
                                                           std::span<const OutgoingMessage> messages,
                                                           std::span<const std::int64_t> sent) = 0;
  virtual Stored<void> commit() = 0;
  virtual void rollback() = 0;

  // The latest event time of all partitions, as committed by all processes.
  virtual Stored<std::optional<Timestamp>> latest() = 0;
  virtual Stored<InventoryRows> inventory() = 0;
  virtual Stored<std::vector<ServiceChange>> services() = 0;
  // The latest heartbeat of each sensor that sent one; without version, node and clock error.
  virtual Stored<std::vector<SensorChange>> sensors() = 0;
};

}  // namespace zonelag::aggregator
