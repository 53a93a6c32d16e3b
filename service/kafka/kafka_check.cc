#include "service/kafka/kafka_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zonelag::service {
namespace {

using Named = std::pair<std::string_view, const std::string&>;

void check_tls(const KafkaConnection& kafka, ConfigCheck& check) {
  const auto error = [&](std::string_view key, std::string what) { check.errors.push_back({key, std::move(what)}); };
  const bool tls = kafka.security == KafkaSecurity::ssl || kafka.security == KafkaSecurity::sasl_ssl;
  for (const auto& [key, value] : {Named{"kafka.tls_ca", kafka.tls_ca},
                                   {"kafka.tls_certificate", kafka.tls_certificate},
                                   {"kafka.tls_key", kafka.tls_key},
                                   {"kafka.tls_key_password_file", kafka.tls_key_password_file}}) {
    if (!tls && !value.empty()) error(key, "is given, but kafka.security is neither ssl nor sasl_ssl");
  }
  if (!kafka.tls_certificate.empty() && kafka.tls_key.empty())
    error("kafka.tls_key", "is missing: kafka.tls_certificate is given");
  if (kafka.tls_certificate.empty() && !kafka.tls_key.empty())
    error("kafka.tls_certificate", "is missing: kafka.tls_key is given");
  if (kafka.tls_key.empty() && !kafka.tls_key_password_file.empty())
    error("kafka.tls_key", "is missing: kafka.tls_key_password_file is given");
}

void check_sasl(const KafkaConnection& kafka, ConfigCheck& check) {
  const auto error = [&](std::string_view key, std::string what) { check.errors.push_back({key, std::move(what)}); };
  const bool sasl = kafka.security == KafkaSecurity::sasl_plaintext || kafka.security == KafkaSecurity::sasl_ssl;
  // GSSAPI and OAUTHBEARER are librdkafka's own, by its properties.
  const bool by_property = kafka.properties.contains("sasl.mechanism") || kafka.properties.contains("sasl.mechanisms");
  for (const auto& [key, value] : {Named{"kafka.sasl_mechanism", kafka.sasl_mechanism},
                                   {"kafka.sasl_username", kafka.sasl_username},
                                   {"kafka.sasl_password_file", kafka.sasl_password_file}}) {
    if (!sasl && !value.empty()) error(key, "is given, but kafka.security is neither sasl_plaintext nor sasl_ssl");
    if (sasl && value.empty() && !by_property)
      error(key, fmt::format("is missing: kafka.security is {}",
                             kafka.security == KafkaSecurity::sasl_ssl ? "sasl_ssl" : "sasl_plaintext"));
  }
  if (kafka.security == KafkaSecurity::sasl_plaintext && kafka.sasl_mechanism == "PLAIN")
    check.warnings.push_back(
        {"kafka.security", "sasl_plaintext with PLAIN sends the password over the network as it is; use sasl_ssl"});
}

}  // namespace

void check_connection(const KafkaConnection& connection, ConfigCheck& check) {
  check_tls(connection, check);
  check_sasl(connection, check);
}

void check_topic(std::string_view key, const std::string& topic, ConfigCheck& check) {
  if (topic.empty()) check.errors.push_back({key, "is empty"});
  constexpr std::size_t kLongestTopic = 249;  // of Kafka itself, which also allows only these characters
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (std::ranges::all_of(topic, is_good) && topic.size() <= kLongestTopic) return;
  check.errors.push_back(
      {key, fmt::format("'{}' is no topic: at most {} letters, digits, dots, underscores and hyphens", topic,
                        kLongestTopic)});
}

std::vector<ConfigProblem> check_files(const KafkaConnection& connection) {
  std::vector<ConfigProblem> problems;
  for (const auto& [key, path] : {Named{"kafka.tls_ca", connection.tls_ca},
                                  {"kafka.tls_certificate", connection.tls_certificate},
                                  {"kafka.tls_key", connection.tls_key},
                                  {"kafka.tls_key_password_file", connection.tls_key_password_file},
                                  {"kafka.sasl_password_file", connection.sasl_password_file}}) {
    check_file(key, path, problems);
  }
  return problems;
}

}  // namespace zonelag::service
