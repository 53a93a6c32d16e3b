// How Kafka is reached.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace zonelag::aggregator {

enum class KafkaSecurity : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };

struct KafkaConfig {
  std::vector<std::string> brokers;  // HOST:PORT
  std::string client_id;
  KafkaSecurity security = KafkaSecurity::plaintext;
  std::string tls_ca;                 // PEM file; empty: the system's
  std::string tls_certificate;        // PEM file of our own certificate chain; empty: none
  std::string tls_key;                // PEM file
  std::string tls_key_password_file;  // its first line
  std::string sasl_mechanism;         // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
  std::string sasl_username;
  std::string sasl_password_file;                 // its first line
  std::map<std::string, std::string> properties;  // any librdkafka property, over all of the above
};

enum class LogLevel : std::uint8_t { error, warning, info, debug };
// From any thread; one line each.
using LogLine = std::function<void(LogLevel, const std::string&)>;

}  // namespace zonelag::aggregator
