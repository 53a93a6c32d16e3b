// How Kafka is reached.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace zonelag::sensor {

enum class KafkaSecurity : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };

struct KafkaConfig {
  std::vector<std::string> brokers;  // HOST:PORT
  std::string topic = "zonelag.events";
  std::string client_id;             // empty: the sensor's id
  std::string compression = "zstd";  // zstd, lz4, none, ...
  KafkaSecurity security = KafkaSecurity::plaintext;
  std::string tls_ca;                 // PEM file; empty: the system's
  std::string tls_certificate;        // PEM file of our own certificate chain; empty: none
  std::string tls_key;                // PEM file
  std::string tls_key_password_file;  // its first line
  std::string sasl_mechanism;         // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
  std::string sasl_username;
  std::string sasl_password_file;        // its first line
  std::chrono::milliseconds linger{20};  // in the producer, behind what the sensor gathers first
  std::uint32_t max_queue_records = 10'000;
  std::size_t max_queue_bytes = 4U << 20;
  bool create_topic = false;
  std::uint32_t partitions = 12;  // of a topic that is created
  std::uint32_t replication = 1;
  std::map<std::string, std::string> properties;  // any librdkafka property, over all of the above
};

}  // namespace zonelag::sensor
