#include "feed_settings.h"

#include <fmt/format.h>

namespace zonelag::aggregator {
namespace {

std::string milliseconds(std::chrono::milliseconds duration) { return std::to_string(duration.count()); }

// What "nothing lost, nothing counted twice" rests upon.
KafkaProperties promised(const FeedConfig& config) {
  KafkaProperties properties{
      {"group.id", config.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"isolation.level", "read_committed"},
      // An offset that is gone must be heard of; the feed then begins at the earliest by itself.
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"allow.auto.create.topics", "false"},
  };
  if (!config.instance_id.empty()) properties.emplace_back("group.instance.id", config.instance_id);
  return properties;
}

KafkaProperties ours(const FeedConfig& config) {
  return {
      {"session.timeout.ms", milliseconds(config.session_timeout)},
      {"heartbeat.interval.ms", milliseconds(std::min(config.session_timeout / 4, std::chrono::milliseconds(3000)))},
      {"max.poll.interval.ms", milliseconds(std::max(config.poll_timeout, config.session_timeout))},
      {"queued.max.messages.kbytes", std::to_string(config.prefetch_kilobytes)},
      {"topic.metadata.refresh.interval.ms", milliseconds(config.topic_refresh)},
      {"check.crcs", "true"},
      {"fetch.wait.max.ms", "500"},
      {"fetch.error.backoff.ms", "200"},
      {"broker.address.family", "any"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"socket.connection.setup.timeout.ms", "10000"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "5000"},
      // Else nobody hears of a broker that hangs up on us for want of TLS or a login.
      {"log.connection.close", "true"},
      {"statistics.interval.ms", "0"},
  };
}

}  // namespace

std::expected<KafkaConfHandle, std::string> feed_settings(const FeedConfig& config) {
  if (config.topic.empty()) return std::unexpected("kafka.topic: is empty");
  if (config.group.empty()) return std::unexpected("kafka.group: is empty");
  return kafka_settings(config.kafka, ours(config), promised(config));
}

}  // namespace zonelag::aggregator
