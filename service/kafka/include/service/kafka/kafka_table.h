// The part of a program's table of settings on the connection to Kafka: the section [kafka], by the same names and in
// the same words for every program. `connection`: the field of a KafkaConnection, or of what is derived from one.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/kafka/kafka_connection.h"
#include "service/setting_kinds.h"

namespace zonelag::service {

using PropertyMap = std::map<std::string, std::string>;

// "NAME=VALUE" each, secrets refused.
Parsed<PropertyMap> parse_properties(const Values& values);
Values show_properties(const PropertyMap& properties);

inline constexpr std::array<std::string_view, 4> kKafkaSecurities{"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
inline constexpr std::array<std::string_view, 4> kKafkaMechanisms{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

template <typename Field>
SettingOf<Field> kafka_brokers(Field connection) {
  return list("kafka.brokers", "HOST[:PORT]", "some brokers of the cluster; they tell of the others",
              connection.then(&KafkaConnection::brokers), parse_broker, kAsItIs);
}

// `help` says what an empty one stands for.
template <typename Field>
SettingOf<Field> kafka_client_id(Field connection, std::string_view help) {
  return text("kafka.client_id", "NAME", help, connection.then(&KafkaConnection::client_id));
}

template <typename Config, typename Field>
void add_kafka_security(std::vector<Setting<Config>>& table, Field connection) {
  const auto file = [&](std::string_view key, std::string_view help, auto member) {
    table.push_back(text(key, "FILE", help, connection.then(member)));
  };
  table.push_back(choice("kafka.security", "PROTOCOL", "plaintext, ssl, sasl_plaintext or sasl_ssl",
                         connection.then(&KafkaConnection::security), kKafkaSecurities));
  file("kafka.tls_ca", "certificates, in PEM, that the brokers' must be signed with; empty: the system's",
       &KafkaConnection::tls_ca);
  file("kafka.tls_certificate", "our own certificate and its chain, in PEM", &KafkaConnection::tls_certificate);
  file("kafka.tls_key", "key of our own certificate, in PEM", &KafkaConnection::tls_key);
  file("kafka.tls_key_password_file", "its first line is the password of the key",
       &KafkaConnection::tls_key_password_file);
  table.push_back(word("kafka.sasl_mechanism", "MECHANISM", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                       connection.then(&KafkaConnection::sasl_mechanism), kKafkaMechanisms));
  table.push_back(text("kafka.sasl_username", "NAME", "who we are to the brokers",
                       connection.then(&KafkaConnection::sasl_username)));
  file("kafka.sasl_password_file", "its first line is the password", &KafkaConnection::sasl_password_file);
}

template <typename Field>
SettingOf<Field> kafka_properties(Field connection) {
  using Config = typename Field::Config;
  Setting<Config> setting{{.key = "kafka.properties",
                           .type = "NAME=VALUE",
                           .help = "any property of librdkafka, over all of the above",
                           .shape = Shape::table}};
  setting.take = [connection](Config& config, const Values& values) -> Parsed<void> {
    auto properties = parse_properties(values);
    if (!properties) return std::unexpected(std::move(properties.error()));
    connection(config).properties = *std::move(properties);
    return {};
  };
  setting.show = [connection](const Config& config) { return show_properties(connection(config).properties); };
  return setting;
}

}  // namespace zonelag::service
