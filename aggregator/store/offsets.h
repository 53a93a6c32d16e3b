// Who consumes which partition, and how far: the table that fences (design.md section 6: one transaction).
#pragma once

#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

class Offsets {
 public:
  // holder: unique to this process; it is what others' rows have once they took over.
  Offsets(std::string topic, std::string holder) : topic_(std::move(topic)), holder_(std::move(holder)) {}

  // As Store says. A transaction of its own.
  Stored<std::vector<PartitionState>> adopt(Connection& connection, std::span<const std::int32_t> partitions,
                                            std::int32_t layout);
  // Begins a transaction and moves the offsets in it; its revision.
  Stored<std::uint64_t> begin(Connection& connection, std::span<const ConsumedRange> ranges) const;
  Stored<std::optional<Timestamp>> latest(Connection& connection) const;

 private:
  Stored<void> raise_layout(Connection& connection, std::int32_t layout) const;
  std::string other_holder(Connection& connection, std::int32_t partition) const;
  StoreError fenced(const Connection& connection, std::string what) const;

  std::string topic_;
  std::string holder_;
  std::int32_t layout_ = 0;  // of the last adopt()
};

}  // namespace zonelag::aggregator
