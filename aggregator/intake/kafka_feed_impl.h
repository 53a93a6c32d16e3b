// KafkaFeed over one rd_kafka_t. KafkaFeed::open() gives it. One thread: librdkafka serves the rebalance and error
// callbacks from within poll() and leave().
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_feed.h"
#include "held_partitions.h"
#include "join_watch.h"
#include "kafka_client.h"
#include "record_judge.h"
#include "topic_watch.h"
#include "trouble.h"

namespace zonelag::aggregator {

struct FeedLink : ClientLink {
  using ClientLink::ClientLink;
  JoinWatch join;
};

class KafkaFeedImpl final : public KafkaFeed {
 public:
  KafkaFeedImpl(FeedConfig config, FeedListener& listener, service::LogLine log, WallClock clock);
  // Leaves the group, if leave() was not called. Within about a second, whatever the brokers do.
  ~KafkaFeedImpl() override;
  std::expected<void, std::string> start();

  std::expected<EventBatch, std::string> poll(std::size_t max_events, std::chrono::milliseconds wait,
                                              std::chrono::milliseconds gather) override;
  void pause() override;
  void resume() override;
  void rewind(std::span<const FetchedRange> to) override;
  void committed(std::span<const FetchedRange> ranges) override;
  std::int32_t layout() const override { return layout_; }
  std::uint64_t backlog() const override;
  void leave() override;
  FeedFigures figures() const override;
  std::string problem() const override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Fetched {
    KafkaMessageHandle message;
    std::uint64_t epoch = 0;
  };
  // Of a partition, as of the last records that were fetched of it; -1: not known.
  struct Watermarks {
    std::int64_t low = -1;
    std::int64_t high = -1;
  };

  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                           void* self);
  static void on_error(rd_kafka_t* client, int error, const char* reason, void* self);

  void assigned(const rd_kafka_topic_partition_list_t& list);
  void revoked(const rd_kafka_topic_partition_list_t& list);
  std::expected<void, std::string> join();
  void learn_layout(std::int32_t least);
  bool layout_changed();
  std::optional<std::string> missing_topic() const;
  std::string explain_topic(rd_kafka_resp_err_t error) const;
  void gather(std::size_t max_events, std::chrono::milliseconds wait, std::chrono::milliseconds more);
  void take(KafkaMessageHandle message);
  void take_error(const rd_kafka_message_t& message);
  void sort_out(EventBatch& batch);
  void sort_out(const rd_kafka_message_t& message, HeldPartition& held, const JudgeRules& rules, EventBatch& batch);
  void tell_poison(const EventBatch& batch);
  void restart_lost();
  // Stops and begins again at the position of each: what is under way of them is void.
  void fetch_again(std::span<const std::int32_t> partitions);
  void commit(bool now);
  Watermarks watermarks(std::int32_t partition) const;
  KafkaListHandle list_of(std::span<const std::int32_t> partitions) const;
  void log(service::LogLevel level, const std::string& text) const { link_->line(level, text); }

  const FeedConfig config_;
  FeedListener& listener_;
  const std::shared_ptr<FeedLink> link_;
  const WallClock clock_;
  Trouble trouble_;
  service::KafkaHandle client_;
  std::unique_ptr<TopicWatch> watch_;  // goes before the client
  HeldPartitions held_;
  std::int32_t layout_ = 0;
  bool ever_assigned_ = false;
  bool settled_ = false;     // the group has said what is ours, be it nothing
  std::uint64_t looks_ = 0;  // of the watch, as of the last poll()
  bool paused_ = false;
  bool joined_ = false;  // asked the group for partitions
  bool leaving_ = false;
  bool rebalanced_ = false;                         // during gather()
  std::string fatal_;                               // why poll() can't go on
  std::vector<Fetched> fetched_;                    // during poll()
  std::vector<std::int32_t> lost_;                  // whose offset does not exist
  std::map<std::int32_t, std::int64_t> to_commit_;  // for lag tools
  Clock::time_point committed_at_;
  std::uint64_t untold_poison_ = 0;
  std::string last_poison_;
  Clock::time_point tell_poison_at_;
  FeedFigures figures_;
};

}  // namespace zonelag::aggregator
