#include "producer_settings.h"

#include <array>
#include <string_view>

#include "service/kafka/kafka_problem.h"
#include "service/kafka/kafka_settings.h"

namespace zonelag::sensor {
namespace {

// The largest record, and batch, that a broker takes by default is 1,048,588 bytes.
constexpr std::size_t kLargestMessage = 1'000'000;

// What the delivery of every record, once and in order, rests upon.
constexpr std::array kPromised{
    service::KafkaPromise{"enable.idempotence", "true", {"true", "t", "1"}, {}},
    service::KafkaPromise{"acks", "all", {"all", "-1"}, "request.required.acks"},
    // Never: what is not delivered is in the spool, and librdkafka tries on.
    service::KafkaPromise{"message.timeout.ms", "0", {"0"}, "delivery.timeout.ms"},
    service::KafkaPromise{"delivery.report.only.error", "false", {"false", "f", "0"}, {}},
};
constexpr std::array<service::KafkaRefusal, 2> kRefused{
    {{"transactional.id", "", "the sensor has no transactions"},
     {"partitioner", "random", "random would spread a zone's events over partitions"}}};

// Kept modest: the sensor's memory is bounded, and a name server is not to wait for us. librdkafka bounds its queue,
// too; ours (in KafkaProducer) is the one that is met first.
service::KafkaProperties properties_of(const KafkaConfig& config) {
  return {
      {"partitioner", "murmur2_random"},  // as Java's clients have it: one zone, one partition, whoever writes
      {"message.max.bytes", std::to_string(kLargestMessage)},
      {"request.timeout.ms", "15000"},
      // Whether the topic is there is asked before anything is sent.
      {"topic.metadata.propagation.max.ms", "10000"},
      {"queue.buffering.max.messages", std::to_string(config.max_queue_records + 1ULL)},
      {"queue.buffering.max.kbytes", std::to_string((config.max_queue_bytes + 2 * kLargestMessage) / 1024)},
      {"linger.ms", std::to_string(config.linger.count())},
      {"compression.type", config.compression},
  };
}

}  // namespace

std::expected<service::KafkaConfHandle, std::string> producer_settings(const KafkaConfig& config) {
  if (config.topic.empty()) return std::unexpected("kafka.topic: is empty");
  return service::kafka_settings(config, {.promises = kPromised,
                                          .otherwise = "or events could be lost",
                                          .refusals = kRefused,
                                          .properties = properties_of(config)});
}

service::KafkaTopic topic_of(const KafkaConfig& config) {
  return {.name = config.topic,
          .create = config.create_topic,
          .partitions = config.partitions,
          .replication = config.replication,
          .when_missing = "create it, or start with --create-topics",
          .needs = "Describe and Write, before Kafka 2.8 IdempotentWrite, too"};
}

std::string explain(const KafkaConfig& config, rd_kafka_resp_err_t error) {
  return service::explain(config, topic_of(config), error);
}

}  // namespace zonelag::sensor
