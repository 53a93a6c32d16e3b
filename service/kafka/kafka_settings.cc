#include "service/kafka/kafka_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "service/password_file.h"

namespace zonelag::service {
namespace {

using Property = KafkaProperties::value_type;
using Problem = std::optional<std::string>;

const char* protocol(KafkaSecurity security) {
  switch (security) {
    case KafkaSecurity::plaintext: return "plaintext";
    case KafkaSecurity::ssl: return "ssl";
    case KafkaSecurity::sasl_plaintext: return "sasl_plaintext";
    case KafkaSecurity::sasl_ssl: return "sasl_ssl";
  }
  return "";
}

bool with_tls(KafkaSecurity security) { return security == KafkaSecurity::ssl || security == KafkaSecurity::sasl_ssl; }
bool with_sasl(KafkaSecurity security) {
  return security == KafkaSecurity::sasl_plaintext || security == KafkaSecurity::sasl_ssl;
}

// Of every client.
KafkaProperties fixed() {
  return {
      {"broker.address.family", "any"},
      {"socket.keepalive.enable", "true"},
      {"socket.timeout.ms", "20000"},
      {"socket.connection.setup.timeout.ms", "10000"},
      {"api.version.request.timeout.ms", "10000"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "5000"},
      {"topic.metadata.refresh.interval.ms", "60000"},
      // Else nobody hears of a broker that hangs up on us for want of TLS or a login.
      {"log.connection.close", "true"},
      {"statistics.interval.ms", "0"},
  };
}

Problem why_not_readable(std::string_view option, const std::string& path) {
  if (path.empty()) return std::nullopt;
  errno = 0;
  std::ifstream file(path);
  file.peek();
  if (file) return std::nullopt;
  return fmt::format("kafka.{} '{}': {}", option, path, errno != 0 ? std::strerror(errno) : "is empty");
}

bool is_broker(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  return !port.empty() && port.size() <= 5 && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::ranges::none_of(text, [](unsigned char c) { return c <= ' ' || c == ',' || c == '/'; });
}

Problem add_brokers(const KafkaConnection& connection, KafkaProperties& out) {
  if (connection.brokers.empty() && !connection.properties.contains("bootstrap.servers") &&
      !connection.properties.contains("test.mock.num.brokers")) {
    return "kafka.brokers: none given (HOST:PORT, ...)";
  }
  for (const std::string& broker : connection.brokers) {
    if (!is_broker(broker)) return fmt::format("kafka.brokers: '{}' is not HOST:PORT", broker);
  }
  if (!connection.brokers.empty()) out.emplace_back("bootstrap.servers", joined_brokers(connection));
  return std::nullopt;
}

Problem add_tls(const KafkaConnection& connection, KafkaProperties& out) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> files{
      {{"tls_ca", &connection.tls_ca},
       {"tls_certificate", &connection.tls_certificate},
       {"tls_key", &connection.tls_key}}};
  for (const auto& [option, path] : files) {
    if (path->empty()) continue;
    if (!with_tls(connection.security)) {
      return fmt::format("kafka.{}: of no use with security \"{}\"", option, protocol(connection.security));
    }
    if (Problem problem = why_not_readable(option, *path)) return problem;
  }
  if (connection.tls_certificate.empty() != connection.tls_key.empty()) {
    return fmt::format("kafka.{}: is missing; a certificate needs its key, and a key its certificate",
                       connection.tls_key.empty() ? "tls_key" : "tls_certificate");
  }
  if (!connection.tls_ca.empty()) out.emplace_back("ssl.ca.location", connection.tls_ca);
  if (!connection.tls_certificate.empty()) out.emplace_back("ssl.certificate.location", connection.tls_certificate);
  if (!connection.tls_key.empty()) out.emplace_back("ssl.key.location", connection.tls_key);
  if (!connection.tls_key_password_file.empty()) {
    auto password = read_password("kafka.tls_key_password_file", connection.tls_key_password_file);
    if (!password) return password.error();
    out.emplace_back("ssl.key.password", std::move(*password));
  }
  return std::nullopt;
}

Problem add_sasl(const KafkaConnection& connection, KafkaProperties& out) {
  const bool own =
      connection.properties.contains("sasl.mechanism") || connection.properties.contains("sasl.mechanisms");
  if (!with_sasl(connection.security)) {
    if (connection.sasl_mechanism.empty() && connection.sasl_username.empty()) return std::nullopt;
    return fmt::format("kafka.sasl_{}: of no use with security \"{}\"",
                       connection.sasl_mechanism.empty() ? "username" : "mechanism", protocol(connection.security));
  }
  if (own) return std::nullopt;  // such as OAUTHBEARER: all of it by librdkafka's names
  static constexpr std::array<std::string_view, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
  if (std::ranges::find(kMechanisms, connection.sasl_mechanism) == kMechanisms.end()) {
    return fmt::format("kafka.sasl_mechanism: '{}' is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                       connection.sasl_mechanism);
  }
  if (connection.sasl_username.empty()) return "kafka.sasl_username: is missing";
  if (connection.sasl_password_file.empty()) return "kafka.sasl_password_file: is missing";
  auto password = read_password("kafka.sasl_password_file", connection.sasl_password_file);
  if (!password) return password.error();
  out.emplace_back("sasl.mechanisms", connection.sasl_mechanism);
  out.emplace_back("sasl.username", connection.sasl_username);
  out.emplace_back("sasl.password", std::move(*password));
  return std::nullopt;
}

Problem why_refused(const KafkaRole& role, const Property& property) {
  const auto& [name, value] = property;
  for (const KafkaPromise& promise : role.promises) {
    if (name != promise.name && (promise.synonym.empty() || name != promise.synonym)) continue;
    if (!value.empty() && std::ranges::find(promise.spellings, value) != promise.spellings.end()) continue;
    return fmt::format("kafka.properties: '{}': is always {}, {}", name, promise.value, role.otherwise);
  }
  for (const KafkaRefusal& refusal : role.refusals) {
    if (name != refusal.name || (!refusal.value.empty() && value != refusal.value)) continue;
    return fmt::format("kafka.properties: '{}': {}", name, refusal.why);
  }
  return std::nullopt;
}

// librdkafka may quote the value, which may be a password; what it says of the name is enough.
std::string why_not_set(const std::string& name, rd_kafka_conf_res_t result, std::string_view said,
                        const std::string& value) {
  if (result == RD_KAFKA_CONF_UNKNOWN) return fmt::format("'{}': No such configuration property", name);
  const bool secret = name.find("password") != std::string::npos || name.find("pem") != std::string::npos ||
                      name.find("secret") != std::string::npos;
  if (secret || said.empty()) return fmt::format("'{}': not a valid value", name);
  return said.find(name) == std::string_view::npos ? fmt::format("'{}' = '{}': {}", name, value, said)
                                                   : fmt::format("'{}': {}", name, said);
}

Problem apply(rd_kafka_conf_t& conf, const KafkaProperties& properties, std::string_view where) {
  for (const auto& [name, value] : properties) {
    std::array<char, 512> said{};
    const rd_kafka_conf_res_t result = rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), said.data(), said.size());
    if (result == RD_KAFKA_CONF_OK) continue;
    return fmt::format("{}: {}", where, why_not_set(name, result, said.data(), value));
  }
  return std::nullopt;
}

}  // namespace

std::string joined_brokers(const KafkaConnection& connection) {
  return fmt::format("{}", fmt::join(connection.brokers, ","));
}

std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConnection& connection, const KafkaRole& role) {
  KafkaProperties ours = fixed();
  if (Problem problem = add_brokers(connection, ours)) return std::unexpected(*problem);
  ours.emplace_back("security.protocol", protocol(connection.security));
  if (!connection.client_id.empty()) ours.emplace_back("client.id", connection.client_id);
  if (Problem problem = add_tls(connection, ours)) return std::unexpected(*problem);
  if (Problem problem = add_sasl(connection, ours)) return std::unexpected(*problem);
  ours.insert(ours.end(), role.properties.begin(), role.properties.end());
  const KafkaProperties theirs(connection.properties.begin(), connection.properties.end());
  for (const Property& property : theirs) {
    if (Problem problem = why_refused(role, property)) return std::unexpected(*problem);
  }
  KafkaProperties promised;
  for (const KafkaPromise& promise : role.promises) promised.emplace_back(promise.name, promise.value);
  KafkaConfHandle conf(rd_kafka_conf_new());
  if (Problem problem = apply(*conf, promised, "kafka")) return std::unexpected(*problem);
  if (Problem problem = apply(*conf, ours, "kafka")) return std::unexpected(*problem);
  if (Problem problem = apply(*conf, theirs, "kafka.properties")) return std::unexpected(*problem);
  return conf;
}

std::string scram_problem(const KafkaConnection& connection, int version) {
  if (!connection.sasl_mechanism.starts_with("SCRAM-") || version >= kScramRepaired) return {};
  return fmt::format(
      "librdkafka {}.{}.{} can't log in with {} at Kafka 4 brokers even with the right password (fixed in 2.6.1): use "
      "a newer librdkafka, PLAIN over TLS, or client certificates",
      version >> 24 & 0xff, version >> 16 & 0xff, version >> 8 & 0xff, connection.sasl_mechanism);
}

std::vector<std::string> known_problems(const KafkaConnection& connection, int version) {
  std::string problem = scram_problem(connection, version);
  return problem.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(problem)};
}

}  // namespace zonelag::service
