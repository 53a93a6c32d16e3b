#include "service/kafka/kafka_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "service/kafka/kafka_settings.h"

namespace zonelag::service {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "ssl://host:9092/bootstrap" or "host:9092/1" to "host:9092".
std::string broker_name(std::string_view name) {
  if (const std::size_t scheme = name.find("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  return std::string(name.substr(0, name.find('/')));
}

// Without what changes from one time to the next: how long, how often.
std::string_view without_counts(std::string_view text) {
  for (const std::string_view end : {" (after ", ", identical ", " (SSL handshake "}) {
    text = text.substr(0, text.find(end));
  }
  return text;
}

std::string lower_first(std::string_view text) {
  std::string lower(text);
  if (lower.size() > 1 && std::islower(static_cast<unsigned char>(lower[1])) != 0) {
    lower[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(lower[0])));
  }
  return lower;
}

std::string explain_tls(const KafkaConnection& connection, std::string_view text) {
  if (has(text, "certificate verify failed") || has(text, "certificate could not be verified")) {
    if (has(text, "mismatch")) return "its certificate is not for this host name";
    return connection.tls_ca.empty()
               ? "its certificate is not signed by a CA of this system (kafka.tls_ca names another)"
               : fmt::format("its certificate is not signed by a CA in '{}'", connection.tls_ca);
  }
  if (has(text, "certificate required") || has(text, "bad certificate") || has(text, "unknown ca") ||
      has(text, "certificate_required") || has(text, "handshake failure")) {
    return connection.tls_certificate.empty()
               ? "wants a client certificate (kafka.tls_certificate and kafka.tls_key)"
               : fmt::format("does not accept the client certificate in '{}'", connection.tls_certificate);
  }
  if (has(text, "wrong version number") || has(text, "unexpected eof")) {
    return "does not speak TLS at this port (kafka.security)";
  }
  return fmt::format("TLS: {}", text);
}

std::string explain_login(const KafkaConnection& connection, int version, std::string_view text) {
  if (std::string known = scram_problem(connection, version); !known.empty()) return known;
  const std::size_t said = text.rfind(": ");
  return fmt::format("authentication of user '{}' failed: {}", connection.sasl_username,
                     lower_first(said == std::string_view::npos ? text : text.substr(said + 2)));
}

std::string explain_transport(const KafkaConnection& connection, std::string_view text) {
  if (text.starts_with("Connect to ")) return lower_first(text.substr(text.rfind(": ") + 2));
  if (has(text, "timed out") || has(text, "Timed out")) return "does not answer";
  if (has(text, "SSL handshake failed: Disconnected") || has(text, "connecting to a PLAINTEXT broker listener")) {
    return "closes the connection: does it speak TLS at this port? (kafka.security)";
  }
  // Sent behind a hang-up that has not been heard of yet: as the hang-up itself.
  const bool hung_up = has(text, "SSL transport error") && (has(text, "Broken pipe") || has(text, "reset by peer"));
  if (hung_up || has(text, "security.protocol") || has(text, "ApiVersion")) {
    return "closes the connection: does it expect TLS or a login at this port? (kafka.security)";
  }
  if (has(text, "SSL ") || has(text, "SSL_")) return explain_tls(connection, text);
  return lower_first(text);
}

}  // namespace

BrokerError explain(const KafkaConnection& connection, int version, rd_kafka_resp_err_t error,
                    std::string_view reason) {
  // A group's connection of its own, "GroupCoordinator: HOST:PORT: ...", is to a broker like any other.
  constexpr std::string_view kCoordinator = "GroupCoordinator: ";
  if (reason.starts_with(kCoordinator)) reason.remove_prefix(kCoordinator.size());
  const std::size_t colon = reason.find(": ");
  BrokerError explained;
  if (colon != std::string_view::npos) {
    explained.broker = broker_name(reason.substr(0, colon));
    reason.remove_prefix(colon + 2);
  }
  const std::string_view text = without_counts(reason);
  switch (error) {
    case RD_KAFKA_RESP_ERR__RESOLVE: {
      const std::size_t why = text.rfind(": ");
      explained.text = fmt::format("the name does not resolve: {}",
                                   lower_first(why == std::string_view::npos ? text : text.substr(why + 2)));
      break;
    }
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: explained.text = explain_login(connection, version, text); break;
    case RD_KAFKA_RESP_ERR__SSL: explained.text = explain_tls(connection, text); break;
    case RD_KAFKA_RESP_ERR__TIMED_OUT: explained.text = "does not answer"; break;
    default: explained.text = explain_transport(connection, text); break;
  }
  return explained;
}

std::string explain(const KafkaConnection& connection, const KafkaTopic& topic, rd_kafka_resp_err_t error) {
  const std::string who =
      connection.sasl_username.empty() ? "this client" : fmt::format("user '{}'", connection.sasl_username);
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return fmt::format("topic '{}' does not exist: {}", topic.name, topic.when_missing);
    // A producer that may write to no topic at all is refused its identity: the cluster's error, and the same cure.
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return fmt::format("{} has no permission for topic '{}': it needs {}", who, topic.name, topic.needs);
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return fmt::format("'{}' is no name for a topic", topic.name);
    default: return fmt::format("topic '{}': {}", topic.name, rd_kafka_err2str(error));
  }
}

std::string why_not_opened(const KafkaConnection& connection, std::string_view said) {
  if (said.starts_with("ssl.ca.location"))
    return fmt::format("kafka.tls_ca '{}': holds no certificate", connection.tls_ca);
  if (said.starts_with("ssl.certificate.location")) {
    return fmt::format("kafka.tls_certificate '{}': holds no certificate", connection.tls_certificate);
  }
  if (said.starts_with("ssl.key.location")) {
    return fmt::format("kafka.tls_key '{}': holds no key, or one with another password", connection.tls_key);
  }
  if (said.find("private key") != std::string_view::npos || said.find("check failed") != std::string_view::npos) {
    return fmt::format("kafka.tls_key '{}': is not the key of '{}'", connection.tls_key, connection.tls_certificate);
  }
  return fmt::format("kafka: {}", said);
}

}  // namespace zonelag::service
