// Which partitions this member holds, and how far each was read. No I/O.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace zonelag::aggregator {

struct HeldPartition {
  std::int64_t stored = -1;    // what the listener gave, or the end of the last batch
  std::int64_t position = -1;  // the next record's offset, at least; -1: any
  std::uint64_t epoch = 0;     // records fetched under another one are none of this assignment
  bool ended = false;          // read to its present end
};

class HeldPartitions {
 public:
  // Given by the group, or begun again: what was fetched before is void.
  void hold(std::int32_t partition, std::int64_t offset) { held_[partition] = {offset, offset, ++epochs_, false}; }
  // Goes on from another offset than the store's.
  void move(std::int32_t partition, std::int64_t position) {
    const std::int64_t stored = held_[partition].stored;
    held_[partition] = {stored, position, ++epochs_, false};
  }
  void drop(std::int32_t partition) { held_.erase(partition); }
  void clear() { held_.clear(); }

  HeldPartition* find(std::int32_t partition) {
    const auto at = held_.find(partition);
    return at == held_.end() ? nullptr : &at->second;
  }
  const std::map<std::int32_t, HeldPartition>& all() const { return held_; }
  bool all_ended() const;

 private:
  std::map<std::int32_t, HeldPartition> held_;
  std::uint64_t epochs_ = 0;
};

inline bool HeldPartitions::all_ended() const {
  for (const auto& [partition, held] : held_) {
    if (!held.ended) return false;
  }
  return true;
}

}  // namespace zonelag::aggregator
