// A schema registry by Confluent's API: where the schema of a topic's values is registered and gets the id that each
// message then begins with.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <stop_token>
#include <string>

#include "aggregator/intake/result_codec.h"
#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

struct RegistryConfig {
  std::string url;            // http://HOST:PORT or https://HOST[:PORT][/PATH]
  std::string username;       // empty: no authentication
  std::string password_file;  // its first line
  std::string tls_ca;         // PEM file; empty: the system's
  std::chrono::milliseconds timeout{5000};
};

struct RegistryError {
  bool passing = false;  // it may be better in a moment: not reached, too busy, an error of its own
  std::string text;      // one line; never a password
};

class SchemaRegistry {
 public:
  // Opens no connection. Error: one line that names the option or file that is wrong.
  static std::expected<SchemaRegistry, std::string> open(const RegistryConfig& config);

  // The id of the results' schema for the subject TOPIC-value; registers it where it is not yet.
  std::expected<std::uint32_t, RegistryError> register_results(const std::string& topic) const;

 private:
  RegistryConfig config_;
  std::string origin_;  // scheme, host and port
  std::string path_;    // without a slash at the end
  std::string password_;
};

// Both ids into `topics`, for the topics that it names. Tries again while the registry is away, with one log line for
// each change; until stop is requested. Error: one line: refused, or stopped.
std::expected<void, std::string> register_schemas(const SchemaRegistry& registry, ResultTopics& topics,
                                                  const service::LogLine& log, const std::stop_token& stop);

// The text of proto/zonelag/v1/result.proto.
std::string_view result_schema();

}  // namespace zonelag::aggregator
