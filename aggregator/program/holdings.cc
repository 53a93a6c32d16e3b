#include "holdings.h"

#include <algorithm>

namespace zonelag::aggregator {

void Holdings::add(std::span<const std::int32_t> partitions) {
  for (const std::int32_t partition : partitions) held_.try_emplace(partition);
}

void Holdings::remove(std::span<const std::int32_t> partitions) {
  for (const std::int32_t partition : partitions) held_.erase(partition);
}

std::vector<std::int32_t> Holdings::partitions() const {
  std::vector<std::int32_t> all;
  for (const auto& [partition, state] : held_) all.push_back(partition);
  return all;
}

void Holdings::set(const PartitionState& state) {
  const auto found = held_.find(state.partition);
  if (found != held_.end()) found->second.next_offset = state.next_offset;
}

std::int64_t Holdings::next_offset(std::int32_t partition) const {
  const auto found = held_.find(partition);
  return found == held_.end() ? -1 : found->second.next_offset;
}

void Holdings::begun(std::span<const FetchedRange> ranges) {
  for (const FetchedRange& range : ranges) {
    const auto found = held_.find(range.partition);
    if (found != held_.end() && found->second.begun < 0) found->second.begun = range.from;
  }
}

std::int64_t Holdings::position(std::int32_t partition) const {
  const auto found = held_.find(partition);
  if (found == held_.end()) return -1;
  return found->second.next_offset >= 0 ? found->second.next_offset : found->second.begun;
}

std::optional<std::vector<ConsumedRange>> Holdings::moved(std::span<const FetchedRange> ranges) const {
  std::vector<ConsumedRange> all;
  for (const FetchedRange& range : ranges) {
    const auto found = held_.find(range.partition);
    if (found == held_.end()) return std::nullopt;
    all.push_back({.partition = range.partition,
                   .expected_offset = found->second.next_offset,
                   .next_offset = range.next,
                   .latest = std::max(found->second.latest, range.latest)});
  }
  return all;
}

std::vector<ConsumedRange> Holdings::unmoved() const {
  std::vector<ConsumedRange> all;
  for (const auto& [partition, state] : held_) {
    all.push_back({.partition = partition,
                   .expected_offset = state.next_offset,
                   .next_offset = state.next_offset,
                   .latest = state.latest});
  }
  return all;
}

void Holdings::advance(std::span<const ConsumedRange> ranges) {
  for (const ConsumedRange& range : ranges) {
    Partition& partition = held_[range.partition];
    partition.next_offset = range.next_offset;
    partition.latest = range.latest;
  }
}

std::vector<FetchedRange> Holdings::positions() const {
  std::vector<FetchedRange> all;
  for (const auto& [partition, state] : held_) {
    const std::int64_t at = position(partition);
    all.push_back({.partition = partition, .from = at, .next = at});
  }
  return all;
}

Timestamp Holdings::latest() const {
  Timestamp latest = Timestamp::min();
  for (const auto& [partition, state] : held_) latest = std::max(latest, state.latest);
  return latest;
}

std::vector<Jump> jumps(const Holdings& holdings, std::span<const FetchedRange> ranges) {
  std::vector<Jump> all;
  for (const FetchedRange& range : ranges) {
    const std::int64_t expected = holdings.position(range.partition);
    if (expected >= 0 && range.from != expected) {
      all.push_back({.partition = range.partition, .expected = expected, .from = range.from});
    }
  }
  return all;
}

}  // namespace zonelag::aggregator
