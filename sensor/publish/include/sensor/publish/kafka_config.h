// How the sensor's events get to Kafka.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "service/kafka/kafka_connection.h"

namespace zonelag::sensor {

struct KafkaConfig : service::KafkaConnection {
  std::string topic = "zonelag.events";
  std::string compression = "zstd";      // zstd, lz4, none, ...
  std::chrono::milliseconds linger{20};  // in the producer, behind what the sensor gathers first
  std::uint32_t max_queue_records = 10'000;
  std::size_t max_queue_bytes = 4U << 20;
  bool create_topic = false;
  std::uint32_t partitions = 12;  // of a topic that is created
  std::uint32_t replication = 1;
};

}  // namespace zonelag::sensor
