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
  std::int64_t goal = -1;      // where it ended when its first record came; -1: none came yet
  bool reached_end = false;    // told so once, since it was given or begun again

  // Where records keep coming the end itself is never reached.
  bool was_read_to_its_end() const { return reached_end || (goal >= 0 && position >= goal); }
};

class HeldPartitions {
 public:
  // Given by the group, or begun again: what was fetched before is void.
  void hold(std::int32_t partition, std::int64_t offset) {
    held_[partition] = {.stored = offset, .position = offset, .epoch = ++epochs_};
  }
  // Goes on from another offset than the store's.
  void move(std::int32_t partition, std::int64_t position) {
    const std::int64_t stored = held_[partition].stored;
    held_[partition] = {.stored = stored, .position = position, .epoch = ++epochs_};
  }
  // Where it is, behind what was sorted out: what was fetched and dropped comes again.
  void fetch_again(std::int32_t partition) {
    held_[partition].epoch = ++epochs_;
    held_[partition].ended = false;
  }
  void drop(std::int32_t partition) { held_.erase(partition); }
  void clear() { held_.clear(); }

  HeldPartition* find(std::int32_t partition) {
    const auto at = held_.find(partition);
    return at == held_.end() ? nullptr : &at->second;
  }
  const std::map<std::int32_t, HeldPartition>& all() const { return held_; }
  bool all_read_to_their_ends() const;

 private:
  std::map<std::int32_t, HeldPartition> held_;
  std::uint64_t epochs_ = 0;
};

inline bool HeldPartitions::all_read_to_their_ends() const {
  for (const auto& [partition, held] : held_) {
    if (!held.was_read_to_its_end()) return false;
  }
  return true;
}

}  // namespace zonelag::aggregator
