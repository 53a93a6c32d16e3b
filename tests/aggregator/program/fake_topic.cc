#include "fake_topic.h"

#include <algorithm>
#include <utility>

#include "aggregator/partition.h"
#include "proto/codec.h"

namespace zonelag::aggregator {

void FakeTopic::add(const decoder::Event& event) { add_to(home_of(event.zone), event); }

void FakeTopic::add_to(std::int32_t partition, std::optional<decoder::Event> event) {
  partitions_[static_cast<std::size_t>(partition)].push_back({std::move(event), ends_[partition]++});
}

void FakeTopic::remove_before(std::int32_t partition, std::int64_t offset) {
  std::erase_if(partitions_[static_cast<std::size_t>(partition)],
                [&](const FakeRecord& record) { return record.offset < offset; });
}

std::int32_t FakeTopic::home_of(const decoder::ZoneName& zone) const {
  return static_cast<std::int32_t>(
      partition_of(key_hash(zone.to_text()), static_cast<std::uint32_t>(partitions_.size())));
}

std::int64_t FakeTopic::end(std::int32_t partition) const {
  const auto found = ends_.find(partition);
  return found == ends_.end() ? 0 : found->second;
}

void FakeFeed::give(std::vector<std::int32_t> partitions) {
  orders_.emplace_back([this, partitions = std::move(partitions)] {
    const auto offsets = listener_.assigned(partitions);
    for (std::size_t index = 0; index < partitions.size(); ++index) {
      begin_at(partitions[index], offsets.at(index));
    }
  });
}

void FakeFeed::begin_at(std::int32_t partition, std::int64_t position) {
  positions_[partition] = std::max<std::int64_t>(0, position);
  goals_[partition] = topic_.end(partition);
}

void FakeFeed::take(std::vector<std::int32_t> partitions, bool lost) {
  orders_.emplace_back([this, lost, partitions = std::move(partitions)] {
    listener_.revoked(partitions, lost);
    for (const std::int32_t partition : partitions) positions_.erase(partition);
  });
}

void FakeFeed::take_records(std::int32_t partition, std::size_t max_events, EventBatch& batch) {
  FetchedRange range{.partition = partition, .from = positions_[partition], .next = positions_[partition]};
  bool first = true;
  for (const FakeRecord& record : topic_.records(partition)) {
    if (record.offset < range.next || batch.events.size() == max_events) continue;
    if (std::exchange(first, false)) range.from = record.offset;
    range.next = record.offset + 1;
    if (!record.event) {
      batch.poison.push_back({partition, record.offset, "key", "junk", "event: not protobuf"});
      continue;
    }
    range.latest = std::max(range.latest, record.event->captured_at);
    const auto home = static_cast<std::int32_t>(
        partition_of(key_hash(record.event->zone.to_text()), static_cast<std::uint32_t>(layout_)));
    if (home == partition) {
      batch.events.push_back(*record.event);
    } else {
      batch.strays.push_back({record.event->zone.to_text(), proto::encode(*record.event)});
    }
  }
  if (range.next == positions_[partition]) return;
  positions_[partition] = range.next;
  batch.ranges.push_back(range);
}

std::expected<EventBatch, std::string> FakeFeed::poll(std::size_t max_events, std::chrono::milliseconds wait,
                                                      std::chrono::milliseconds /*gather*/) {
  ++polls_;
  if (!fatal.empty()) return std::unexpected(fatal);
  for (const auto& order : std::exchange(orders_, {})) order();
  if (before_records) std::exchange(before_records, {})();
  EventBatch batch;
  if (!paused_) {
    for (const auto& [partition, position] : std::map(positions_)) take_records(partition, max_events, batch);
  }
  batch.at_end =
      std::ranges::all_of(positions_, [&](const auto& each) { return each.second >= goals_.at(each.first); });
  if (!paused_) {
    for (const auto& [partition, position] : std::exchange(late_, {})) begin_at(partition, position);
  }
  clock_.wait(batch.empty() ? wait : std::chrono::milliseconds(1));
  return batch;
}

void FakeFeed::rewind(std::span<const FetchedRange> to) {
  const bool late = std::exchange(read_ahead, false);
  for (const FetchedRange& range : to) {
    if (late) {
      late_[range.partition] = range.from;
    } else {
      begin_at(range.partition, range.from);
    }
  }
}

void FakeFeed::committed(std::span<const FetchedRange> ranges) {
  for (const FetchedRange& range : ranges) told_[range.partition] = range.next;
}

std::uint64_t FakeFeed::backlog() const {
  std::uint64_t records = 0;
  for (const auto& [partition, position] : positions_) {
    records += static_cast<std::uint64_t>(topic_.end(partition) - position);
  }
  return records;
}

bool FakeSender::send(const OutboxEntry& entry) {
  if (full) return false;
  entries_.push_back(entry);
  return true;
}

std::vector<std::int64_t> FakeSender::delivered() {
  if (stuck) return {};
  std::vector<std::int64_t> ids;
  for (OutboxEntry& entry : std::exchange(entries_, {})) {
    ids.push_back(entry.id);
    for (OutgoingMessage& message : entry.messages) {
      if (message.topic == topic_name_) topic_.add(*proto::decode(message.value));
      arrived.push_back(std::move(message));
    }
  }
  return ids;
}

std::size_t FakeSender::waiting() const {
  std::size_t messages = 0;
  for (const OutboxEntry& entry : entries_) messages += entry.messages.size();
  return messages;
}

}  // namespace zonelag::aggregator
