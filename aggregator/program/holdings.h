// The partitions that this process holds, and how far each was consumed according to the store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "aggregator/intake/event_feed.h"
#include "aggregator/store/store.h"

namespace zonelag::aggregator {

class Holdings {
 public:
  void add(std::span<const std::int32_t> partitions);
  void remove(std::span<const std::int32_t> partitions);
  bool empty() const { return held_.empty(); }
  std::size_t size() const { return held_.size(); }
  std::vector<std::int32_t> partitions() const;

  // What the store says.
  void set(const PartitionState& state);
  std::int64_t next_offset(std::int32_t partition) const;  // -1: nothing was ever consumed
  // Where Kafka began, of partitions of which nothing was ever consumed: nothing from there on may be missed.
  void begun(std::span<const FetchedRange> ranges);
  // Where the next range must begin; -1: anywhere.
  std::int64_t position(std::int32_t partition) const;

  // What a batch moves: nullopt when one of its partitions is not held.
  std::optional<std::vector<ConsumedRange>> moved(std::span<const FetchedRange> ranges) const;
  // All partitions where they are, for a transaction that consumes nothing: it is fenced as any other.
  std::vector<ConsumedRange> unmoved() const;
  void advance(std::span<const ConsumedRange> ranges);
  // Where to read on, of all partitions or of these.
  std::vector<FetchedRange> positions() const;

  Timestamp latest() const;  // event time consumed since the partitions came; min: none

 private:
  struct Partition {
    std::int64_t next_offset = -1;
    std::int64_t begun = -1;
    Timestamp latest = Timestamp::min();
  };
  std::map<std::int32_t, Partition> held_;
};

// A range that does not begin where the store is.
struct Jump {
  std::int32_t partition = 0;
  std::int64_t expected = 0;
  std::int64_t from = 0;
  friend bool operator==(const Jump&, const Jump&) = default;
};
std::vector<Jump> jumps(const Holdings& holdings, std::span<const FetchedRange> ranges);

}  // namespace zonelag::aggregator
