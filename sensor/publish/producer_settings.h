// What the sensor asks of librdkafka beside the connection: its promises, its limits, its topic.
#pragma once

#include <expected>
#include <string>

#include "sensor/publish/kafka_config.h"
#include "service/kafka/kafka_handles.h"
#include "service/kafka/kafka_topic.h"

namespace zonelag::sensor {

// Error: one line that names the option or file. No password is ever in it.
std::expected<service::KafkaConfHandle, std::string> producer_settings(const KafkaConfig& config);

service::KafkaTopic topic_of(const KafkaConfig& config);

// Of a record that failed, of a fatal error.
std::string explain(const KafkaConfig& config, rd_kafka_resp_err_t error);

}  // namespace zonelag::sensor
