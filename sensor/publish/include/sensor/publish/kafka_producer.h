// librdkafka behind Producer: idempotent, acks=all, retried for ever; what can't be delivered stays in the spool.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "sensor/publish/kafka_config.h"
#include "sensor/publish/producer.h"
#include "service/log_level.h"

namespace zonelag::sensor {

// Does not wait for a broker: one that is away, or not there yet, is the normal case. Error: one line that names the
// option or file that is wrong.
std::expected<std::unique_ptr<Producer>, std::string> open_kafka(const KafkaConfig& config, service::LogLine log);

// For doctor: connects, asks for the topic, waits at most `wait`.
struct BrokerCheck {
  bool reached = false;
  bool topic_found = false;
  std::uint32_t brokers = 0;
  std::uint32_t partitions = 0;
  std::string problem;  // one line; empty: none
};
BrokerCheck check_broker(const KafkaConfig& config, std::chrono::milliseconds wait);

}  // namespace zonelag::sensor
