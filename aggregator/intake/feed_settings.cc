#include "feed_settings.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "service/kafka/kafka_settings.h"

namespace zonelag::aggregator {
namespace {

std::string milliseconds(std::chrono::milliseconds duration) { return std::to_string(duration.count()); }

constexpr service::KafkaPromise is(const char* name, const char* value) { return {name, value, {value}, {}}; }
// What "nothing lost, nothing counted twice" rests upon.
constexpr std::array kPromised{
    service::KafkaPromise{"enable.auto.commit", "false", {"false", "f", "0"}, {}},
    service::KafkaPromise{"enable.auto.offset.store", "false", {"false", "f", "0"}, {}},
    is("partition.assignment.strategy", "cooperative-sticky"),
    is("isolation.level", "read_committed"),
    // An offset that is gone must be heard of; the feed then begins at the earliest by itself.
    is("auto.offset.reset", "error"),
    service::KafkaPromise{"enable.partition.eof", "true", {"true", "t", "1"}, {}},
    service::KafkaPromise{"allow.auto.create.topics", "false", {"false", "f", "0"}, {}},
};
constexpr std::array kRefused{
    service::KafkaRefusal{"group.id", {}, "kafka.group names the group"},
    service::KafkaRefusal{"group.instance.id", {}, "kafka.instance_id has it"},
};

service::KafkaProperties ours(const FeedConfig& config) {
  const auto beat = std::min(config.session_timeout / 4, std::chrono::milliseconds(3000));
  service::KafkaProperties properties{
      {"group.id", config.group},
      {"session.timeout.ms", milliseconds(config.session_timeout)},
      {"heartbeat.interval.ms", milliseconds(beat)},
      {"max.poll.interval.ms", milliseconds(std::max(config.poll_timeout, config.session_timeout))},
      {"queued.max.messages.kbytes", std::to_string(config.prefetch_kilobytes)},
      {"topic.metadata.refresh.interval.ms", milliseconds(config.topic_refresh)},
      {"check.crcs", "true"},
      {"fetch.error.backoff.ms", "200"},
      {"socket.nagle.disable", "true"},
  };
  if (!config.instance_id.empty()) properties.emplace_back("group.instance.id", config.instance_id);
  return properties;
}

}  // namespace

std::expected<service::KafkaConfHandle, std::string> feed_settings(const FeedConfig& config) {
  if (config.topic.empty()) return std::unexpected("kafka.topic: is empty");
  if (config.group.empty()) return std::unexpected("kafka.group: is empty");
  return service::kafka_settings(config.kafka, {.promises = kPromised,
                                                .otherwise = "or events could be lost or counted twice",
                                                .refusals = kRefused,
                                                .properties = ours(config)});
}

}  // namespace zonelag::aggregator
