// Events out of Kafka, as the runner takes them: batches, with the offsets that they end at.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decoder/event.h"

namespace zonelag::aggregator {

// A record that is no event: goes to the dead-letter topic as it is, with the reason.
struct PoisonRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::string value;
  std::string reason;  // one line
};

// An event of a zone whose home is another partition (the topic has grown, or another partitioner wrote it): it is sent
// there again as it is.
struct StrayRecord {
  std::string key;  // the zone
  std::string value;
  std::uint32_t hops = 1;   // how often it will have been sent home
  std::int32_t layout = 0;  // the topic's number of partitions that its home follows from
};

// What came of one partition: all there is from `from` up to, and without, `next`. `from` is what assigned() said (-1:
// the earliest), or the `next` of the range before. Where retention has removed records, `next` is behind the hole;
// where the topic was made anew, it may be below `from`.
struct FetchedRange {
  std::int32_t partition = 0;
  std::int64_t from = 0;
  std::int64_t next = 0;
  decoder::Timestamp latest = decoder::Timestamp::min();  // latest event time among them
};

struct EventBatch {
  std::vector<FetchedRange> ranges;
  std::vector<decoder::Event> events;
  std::vector<PoisonRecord> poison;
  std::vector<StrayRecord> strays;
  // Every partition held was read, once since it was given or rewound, up to where it ended then at least; that more
  // has come meanwhile does not matter.
  bool at_end = false;

  bool empty() const { return ranges.empty(); }
};

// Partitions given and taken by the group. Called from within poll(), on its thread.
class FeedListener {
 public:
  virtual ~FeedListener() = default;
  // `partitions` are added; returns the offset to begin at for each, in the same order (-1: the earliest there is).
  virtual std::vector<std::int64_t> assigned(std::span<const std::int32_t> partitions) = 0;
  // `partitions` are about to be taken (lost: they are gone already, nothing of them may be committed).
  virtual void revoked(std::span<const std::int32_t> partitions, bool lost) = 0;
};

class EventFeed {
 public:
  virtual ~EventFeed() = default;
  // At most max_events, waiting at most `wait` for the first and `gather` for more after it. Must be called at least
  // every few minutes, or the group takes the partitions away. Error: one line, fatal. All of a batch
  // follows from layout() as it is after the call; when that has changed without assigned(), the batch is empty.
  virtual std::expected<EventBatch, std::string> poll(std::size_t max_events, std::chrono::milliseconds wait,
                                                      std::chrono::milliseconds gather) = 0;
  // The store is away: nothing is fetched, but the group is kept. Before the first poll(): it is not joined until
  // resume().
  virtual void pause() = 0;
  virtual void resume() = 0;
  // Read again from `from` of each: what was polled behind it was not committed.
  virtual void rewind(std::span<const FetchedRange> to) = 0;
  // For Kafka's own lag tools: these offsets are in the store. Does not wait; the store's are the ones that count.
  virtual void committed(std::span<const FetchedRange> ranges) = 0;
  virtual std::int32_t layout() const = 0;  // the topic's number of partitions as last heard of
  // Records between what was polled and the end of the partitions held.
  virtual std::uint64_t backlog() const = 0;
  virtual void leave() = 0;  // the group, at once (no static membership) or keeping the place (static)
};

}  // namespace zonelag::aggregator
