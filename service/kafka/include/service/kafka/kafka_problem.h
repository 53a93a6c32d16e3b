// librdkafka's error texts as lines that say what to do.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "service/kafka/kafka_connection.h"
#include "service/kafka/kafka_topic.h"

namespace zonelag::service {

struct BrokerError {
  std::string broker;  // HOST:PORT; empty: of none in particular
  std::string text;    // what is wrong with it, without the broker
};

// Of an error callback: "ssl://127.0.0.1:9092/bootstrap: Connect to ipv4#... failed: Connection refused (after ...)".
BrokerError explain(const KafkaConnection& connection, int version, rd_kafka_resp_err_t error, std::string_view reason);

// Of a record that failed, of a topic's metadata, of a fatal error.
std::string explain(const KafkaConnection& connection, const KafkaTopic& topic, rd_kafka_resp_err_t error);

// Of rd_kafka_new(), "ssl.key.location failed: error:...": by our name for it, and the file's.
std::string why_not_opened(const KafkaConnection& connection, std::string_view said);

}  // namespace zonelag::service
