#include "service/kafka/kafka_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/kafka/kafka_check.h"
#include "service/settings_toml.h"

namespace {

using namespace zonelag::service;
using testing::ElementsAre;

struct Config {
  KafkaConnection kafka;
};

constexpr std::array<Section, 1> kSections{{{"kafka", "Kafka"}}};

const Settings<Config>& settings() {
  static const Settings<Config> kSettings({.name = "zonelag-test", .example = "kafka.brokers"}, kSections, [] {
    const auto connection = field(&Config::kafka);
    std::vector<Setting<Config>> table{kafka_brokers(connection), kafka_client_id(connection, "empty: none")};
    add_kafka_security(table, connection);
    table.push_back(kafka_properties(connection));
    return table;
  }());
  return kSettings;
}

std::vector<std::string> errors_of(const KafkaConnection& connection) {
  ConfigCheck check;
  check_connection(connection, check);
  std::vector<std::string> lines;
  for (const ConfigProblem& problem : check.errors) lines.push_back(describe(problem, {}));
  return lines;
}

TEST(KafkaTable, AConnectionOfAnyProgram) {
  constexpr std::string_view kText = R"([kafka]
brokers = ["a:1", "b:2"]
client_id = "me"
security = "sasl_ssl"
tls_ca = "ca.pem"
sasl_mechanism = "PLAIN"
sasl_username = "u"
sasl_password_file = "p"
[kafka.properties]
"fetch.wait.max.ms" = 50
)";
  Config config;
  Origins origins;
  const auto read = parse_settings(settings(), kText, "t.toml", config, origins);
  ASSERT_TRUE(read) << read.error();
  EXPECT_THAT(config.kafka.brokers, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(config.kafka.security, KafkaSecurity::sasl_ssl);
  EXPECT_EQ(config.kafka.properties, (PropertyMap{{"fetch.wait.max.ms", "50"}}));
  EXPECT_THAT(errors_of(config.kafka), ElementsAre());
  Config again;
  ASSERT_TRUE(parse_settings(settings(), to_toml(settings(), config), "again.toml", again, origins));
  EXPECT_EQ(to_toml(settings(), again), to_toml(settings(), config));
}

TEST(KafkaTable, SettingsThatContradictEachOther) {
  EXPECT_THAT(errors_of({.tls_key = "k"}),
              ElementsAre("kafka.tls_key: is given, but kafka.security is neither ssl nor sasl_ssl",
                          "kafka.tls_certificate: is missing: kafka.tls_key is given"));
}

TEST(KafkaTable, Topics) {
  ConfigCheck check;
  check_topic("kafka.topic", "zonelag.events", check);
  check_topic("kafka.topic", std::string(249, 'a'), check);
  EXPECT_TRUE(check.errors.empty());
  for (const std::string& wrong : {std::string(), std::string("a b"), std::string(250, 'a')}) {
    check.errors.clear();
    check_topic("kafka.lags_topic", wrong, check);
    EXPECT_EQ(check.errors.size(), 1U) << wrong;
  }
}

}  // namespace
