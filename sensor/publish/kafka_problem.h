// librdkafka's error texts as lines that say what to do.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "sensor/publish/kafka_config.h"

namespace zonelag::sensor {

struct BrokerError {
  std::string broker;  // HOST:PORT; empty: of none in particular
  std::string text;    // what is wrong with it, without the broker
};

// Of an error callback: "ssl://127.0.0.1:9092/bootstrap: Connect to ipv4#... failed: Connection refused (after ...)".
BrokerError explain(const KafkaConfig& config, int version, rd_kafka_resp_err_t error, std::string_view reason);

// Of a record that failed, of a topic's metadata, of a fatal error.
std::string explain(const KafkaConfig& config, rd_kafka_resp_err_t error);

}  // namespace zonelag::sensor
