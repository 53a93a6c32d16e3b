// librdkafka's consumer group behind EventFeed: cooperative, with static membership where an instance id is given.
// Where to begin is the listener's to say; Kafka's own committed offsets are for its lag tools only.
//
// Which records are an event, poison or a stray is record_judge.h's to say.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "aggregator/intake/event_feed.h"
#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

struct FeedConfig {
  service::KafkaConnection kafka;
  std::string topic = "zonelag.events";
  std::string group = "zonelag-aggregator";
  // Static membership: who comes back under the same name within the session time-out keeps its partitions, and
  // nobody else moves. Unique in the group. Empty: none.
  std::string instance_id;
  std::chrono::milliseconds session_timeout{45'000};     // the group gives the partitions of a silent member away
  std::chrono::milliseconds poll_timeout{300'000};       // the same, of one that does not call poll()
  std::uint32_t prefetch_kilobytes = 8U << 10;           // of all partitions, fetched and not yet polled
  std::chrono::milliseconds topic_refresh{10'000};       // how often the topic's number of partitions is asked for
  decoder::Duration max_future = std::chrono::hours(1);  // an event further ahead of the wall clock is poison
  bool wait_for_topic = false;                           // false: a missing topic is an error of the first poll()s
};

struct FeedFigures {
  std::uint64_t records = 0;  // all that were polled: events, poison, strays
  std::uint64_t bytes = 0;
  std::uint64_t poison = 0;
  std::uint64_t strays = 0;
  std::uint64_t lost = 0;        // offsets that retention had removed before they were read; at least
  std::uint64_t resets = 0;      // times that a partition began again at its earliest record for want of the offset
  std::uint64_t rebalances = 0;  // partitions given or taken
  std::uint64_t rewinds = 0;
  std::uint32_t held = 0;  // partitions
};

class KafkaFeed : public EventFeed {
 public:
  using WallClock = std::function<decoder::Timestamp()>;

  // What open() would say of the settings.
  static std::expected<void, std::string> check(const FeedConfig& config);
  // Does not wait for a broker. The listener must outlive the feed. `clock`: empty: the system's. Error: one line that
  // names the option or file that is wrong.
  static std::expected<std::unique_ptr<KafkaFeed>, std::string> open(const FeedConfig& config, FeedListener& listener,
                                                                     service::LogLine log, WallClock clock = {});

  virtual FeedFigures figures() const = 0;
  // Why nothing comes, in one line; empty: nothing is known to be wrong.
  virtual std::string problem() const = 0;
};

}  // namespace zonelag::aggregator
