// A topic in memory, a consumer of it that is given and loses partitions when a test says so, and a producer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregator/intake/event_feed.h"
#include "aggregator/intake/result_sender.h"
#include "fake_clock.h"

namespace zonelag::aggregator {

struct FakeRecord {
  std::optional<decoder::Event> event;  // none: poison
  std::int64_t offset = 0;
};

class FakeTopic {
 public:
  explicit FakeTopic(std::int32_t partitions) : partitions_(static_cast<std::size_t>(partitions)) {}

  void add(const decoder::Event& event);  // to its home
  void add_to(std::int32_t partition, std::optional<decoder::Event> event);
  void grow(std::int32_t partitions) { partitions_.resize(static_cast<std::size_t>(partitions)); }
  void remove_before(std::int32_t partition, std::int64_t offset);  // as retention does
  std::int32_t layout() const { return static_cast<std::int32_t>(partitions_.size()); }
  std::int32_t home_of(const decoder::ZoneName& zone) const;
  const std::vector<FakeRecord>& records(std::int32_t partition) const {
    return partitions_[static_cast<std::size_t>(partition)];
  }
  std::int64_t end(std::int32_t partition) const;

 private:
  std::vector<std::vector<FakeRecord>> partitions_;
  std::map<std::int32_t, std::int64_t> ends_;
};

class FakeFeed final : public EventFeed {
 public:
  FakeFeed(FakeTopic& topic, const FakeClock& clock, FeedListener& listener)
      : topic_(topic), clock_(clock), listener_(listener), layout_(topic.layout()) {}

  // Within the next poll:
  void give(std::vector<std::int32_t> partitions);
  void take(std::vector<std::int32_t> partitions, bool lost = false);
  void notice_growth() { layout_ = topic_.layout(); }
  std::string fatal;                     // what poll says from now on
  std::function<void()> before_records;  // within the next poll, once
  bool read_ahead = false;               // a rewind comes too late for what was read: one batch

  bool paused() const { return paused_; }
  std::uint64_t polls() const { return polls_; }
  bool left() const { return left_; }
  const std::map<std::int32_t, std::int64_t>& told() const { return told_; }

  std::expected<EventBatch, std::string> poll(std::size_t max_events, std::chrono::milliseconds wait,
                                              std::chrono::milliseconds gather) override;
  void pause() override { paused_ = true; }
  void resume() override { paused_ = false; }
  void rewind(std::span<const FetchedRange> to) override;
  void committed(std::span<const FetchedRange> ranges) override;
  std::int32_t layout() const override { return layout_; }
  std::uint64_t backlog() const override;
  void leave() override { left_ = true; }

 private:
  void begin_at(std::int32_t partition, std::int64_t position);
  void take_records(std::int32_t partition, std::size_t max_events, EventBatch& batch);

  FakeTopic& topic_;
  const FakeClock& clock_;
  FeedListener& listener_;
  std::int32_t layout_;
  std::map<std::int32_t, std::int64_t> positions_;
  std::map<std::int32_t, std::int64_t> late_;   // where to go after the next batch
  std::map<std::int32_t, std::int64_t> goals_;  // where the topic ended when it was last begun there
  std::map<std::int32_t, std::int64_t> told_;
  std::vector<std::function<void()>> orders_;
  std::uint64_t polls_ = 0;
  bool paused_ = false;
  bool left_ = false;
};

// Delivers at once, unless told not to. What is sent to the events' topic lands there.
class FakeSender final : public ResultSender {
 public:
  FakeSender(FakeTopic& topic, std::string topic_name) : topic_(topic), topic_name_(std::move(topic_name)) {}
  bool full = false;   // takes nothing
  bool stuck = false;  // takes it, but nothing arrives
  std::vector<OutgoingMessage> arrived;

  bool send(const OutboxEntry& entry) override;
  std::vector<std::int64_t> delivered() override;
  std::size_t waiting() const override;

 private:
  FakeTopic& topic_;
  std::string topic_name_;
  std::vector<OutboxEntry> entries_;
};

}  // namespace zonelag::aggregator
