#include "kafka_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

namespace zonelag::sensor {
namespace {

using Property = std::pair<std::string, std::string>;
using Properties = std::vector<Property>;
using Problem = std::optional<std::string>;

// The largest record, and batch, that a broker takes by default is 1,048,588 bytes.
constexpr std::size_t kLargestMessage = 1'000'000;

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

// What the delivery of every record, once and in order, rests upon; and how else its value may be spelt.
struct Promise {
  const char* name;
  const char* value;
  std::array<std::string_view, 4> spellings;
  std::string_view synonym;
};
constexpr std::array kPromised{
    Promise{"enable.idempotence", "true", {"true", "t", "1"}, {}},
    Promise{"acks", "all", {"all", "-1"}, "request.required.acks"},
    // Never: what is not delivered is in the spool, and librdkafka tries on.
    Promise{"message.timeout.ms", "0", {"0"}, "delivery.timeout.ms"},
    Promise{"delivery.report.only.error", "false", {"false", "f", "0"}, {}},
};

Properties promised() {
  Properties properties;
  for (const Promise& promise : kPromised) properties.emplace_back(promise.name, promise.value);
  return properties;
}

// Kept modest: the sensor's memory is bounded, and a name server is not to wait for us.
Properties fixed() {
  return {
      {"partitioner", "murmur2_random"},  // as Java's clients have it: one zone, one partition, whoever writes
      {"message.max.bytes", std::to_string(kLargestMessage)},
      {"broker.address.family", "any"},
      {"socket.keepalive.enable", "true"},
      {"socket.timeout.ms", "20000"},
      {"request.timeout.ms", "15000"},
      {"socket.connection.setup.timeout.ms", "10000"},
      {"api.version.request.timeout.ms", "10000"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "5000"},
      {"topic.metadata.refresh.interval.ms", "60000"},
      // Whether the topic is there is asked before anything is sent.
      {"topic.metadata.propagation.max.ms", "10000"},
      // Else nobody hears of a broker that hangs up on us for want of TLS or a login.
      {"log.connection.close", "true"},
      {"statistics.interval.ms", "0"},
  };
}

std::expected<std::string, std::string> first_line(std::string_view option, const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file) return std::unexpected(fmt::format("kafka.{} '{}': {}", option, path, std::strerror(errno)));
  std::getline(file, line);
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return std::unexpected(fmt::format("kafka.{} '{}': its first line is empty", option, path));
  return line;
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

Problem add_brokers(const KafkaConfig& config, Properties& out) {
  if (config.brokers.empty() && !config.properties.contains("bootstrap.servers") &&
      !config.properties.contains("test.mock.num.brokers")) {
    return "kafka.brokers: none given (HOST:PORT, ...)";
  }
  for (const std::string& broker : config.brokers) {
    if (!is_broker(broker)) return fmt::format("kafka.brokers: '{}' is not HOST:PORT", broker);
  }
  if (config.topic.empty()) return "kafka.topic: is empty";
  if (!config.brokers.empty()) out.emplace_back("bootstrap.servers", joined_brokers(config));
  return std::nullopt;
}

Problem add_tls(const KafkaConfig& config, Properties& out) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> files{
      {{"tls_ca", &config.tls_ca}, {"tls_certificate", &config.tls_certificate}, {"tls_key", &config.tls_key}}};
  for (const auto& [option, path] : files) {
    if (path->empty()) continue;
    if (!with_tls(config.security)) {
      return fmt::format("kafka.{}: of no use with security \"{}\"", option, protocol(config.security));
    }
    if (Problem problem = why_not_readable(option, *path)) return problem;
  }
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return fmt::format("kafka.{}: is missing; a certificate needs its key, and a key its certificate",
                       config.tls_key.empty() ? "tls_key" : "tls_certificate");
  }
  if (!config.tls_ca.empty()) out.emplace_back("ssl.ca.location", config.tls_ca);
  if (!config.tls_certificate.empty()) out.emplace_back("ssl.certificate.location", config.tls_certificate);
  if (!config.tls_key.empty()) out.emplace_back("ssl.key.location", config.tls_key);
  if (!config.tls_key_password_file.empty()) {
    auto password = first_line("tls_key_password_file", config.tls_key_password_file);
    if (!password) return password.error();
    out.emplace_back("ssl.key.password", std::move(*password));
  }
  return std::nullopt;
}

Problem add_sasl(const KafkaConfig& config, Properties& out) {
  const bool own = config.properties.contains("sasl.mechanism") || config.properties.contains("sasl.mechanisms");
  if (!with_sasl(config.security)) {
    if (config.sasl_mechanism.empty() && config.sasl_username.empty()) return std::nullopt;
    return fmt::format("kafka.sasl_{}: of no use with security \"{}\"",
                       config.sasl_mechanism.empty() ? "username" : "mechanism", protocol(config.security));
  }
  if (own) return std::nullopt;  // such as OAUTHBEARER: all of it by librdkafka's names
  static constexpr std::array<std::string_view, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
  if (std::ranges::find(kMechanisms, config.sasl_mechanism) == kMechanisms.end()) {
    return fmt::format("kafka.sasl_mechanism: '{}' is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                       config.sasl_mechanism);
  }
  if (config.sasl_username.empty()) return "kafka.sasl_username: is missing";
  if (config.sasl_password_file.empty()) return "kafka.sasl_password_file: is missing";
  auto password = first_line("sasl_password_file", config.sasl_password_file);
  if (!password) return password.error();
  out.emplace_back("sasl.mechanisms", config.sasl_mechanism);
  out.emplace_back("sasl.username", config.sasl_username);
  out.emplace_back("sasl.password", std::move(*password));
  return std::nullopt;
}

// librdkafka bounds its queue, too; ours (in KafkaProducer) is the one that is met first.
void add_limits(const KafkaConfig& config, Properties& out) {
  out.emplace_back("queue.buffering.max.messages", std::to_string(config.max_queue_records + 1ULL));
  out.emplace_back("queue.buffering.max.kbytes", std::to_string((config.max_queue_bytes + 2 * kLargestMessage) / 1024));
  out.emplace_back("linger.ms", std::to_string(config.linger.count()));
  out.emplace_back("compression.type", config.compression);
  if (!config.client_id.empty()) out.emplace_back("client.id", config.client_id);
}

Problem why_refused(const Property& property) {
  const auto& [name, value] = property;
  for (const Promise& promise : kPromised) {
    if (name != promise.name && (promise.synonym.empty() || name != promise.synonym)) continue;
    if (!value.empty() && std::ranges::find(promise.spellings, value) != promise.spellings.end()) continue;
    return fmt::format("kafka.properties: '{}': is always {}, or events could be lost", name, promise.value);
  }
  if (name == "transactional.id") return "kafka.properties: 'transactional.id': the sensor has no transactions";
  if (name == "partitioner" && value == "random") {
    return "kafka.properties: 'partitioner': random would spread a zone's events over partitions";
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

Problem apply(rd_kafka_conf_t& conf, const Properties& properties, std::string_view where) {
  for (const auto& [name, value] : properties) {
    std::array<char, 512> said{};
    const rd_kafka_conf_res_t result = rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), said.data(), said.size());
    if (result == RD_KAFKA_CONF_OK) continue;
    return fmt::format("{}: {}", where, why_not_set(name, result, said.data(), value));
  }
  return std::nullopt;
}

}  // namespace

std::string joined_brokers(const KafkaConfig& config) { return fmt::format("{}", fmt::join(config.brokers, ",")); }

std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConfig& config) {
  Properties ours = fixed();
  if (Problem problem = add_brokers(config, ours)) return std::unexpected(*problem);
  ours.emplace_back("security.protocol", protocol(config.security));
  if (Problem problem = add_tls(config, ours)) return std::unexpected(*problem);
  if (Problem problem = add_sasl(config, ours)) return std::unexpected(*problem);
  add_limits(config, ours);
  const Properties theirs(config.properties.begin(), config.properties.end());
  for (const Property& property : theirs) {
    if (Problem problem = why_refused(property)) return std::unexpected(*problem);
  }
  KafkaConfHandle conf(rd_kafka_conf_new());
  if (Problem problem = apply(*conf, promised(), "kafka")) return std::unexpected(*problem);
  if (Problem problem = apply(*conf, ours, "kafka")) return std::unexpected(*problem);
  if (Problem problem = apply(*conf, theirs, "kafka.properties")) return std::unexpected(*problem);
  return conf;
}

std::string scram_problem(const KafkaConfig& config, int version) {
  if (!config.sasl_mechanism.starts_with("SCRAM-") || version >= kScramRepaired) return {};
  return fmt::format(
      "librdkafka {}.{}.{} can't log in with {} at Kafka 4 brokers even with the right password (fixed in 2.6.1): use "
      "a newer librdkafka, PLAIN over TLS, or client certificates",
      version >> 24 & 0xff, version >> 16 & 0xff, version >> 8 & 0xff, config.sasl_mechanism);
}

std::vector<std::string> known_problems(const KafkaConfig& config, int version) {
  std::string problem = scram_problem(config, version);
  return problem.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(problem)};
}

}  // namespace zonelag::sensor
