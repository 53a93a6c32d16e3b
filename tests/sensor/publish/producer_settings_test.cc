#include "producer_settings.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "service/kafka/kafka_settings.h"

namespace {

using namespace zonelag::sensor;
using zonelag::service::KafkaSecurity;
namespace fs = std::filesystem;

class ProducerSettingsTest : public testing::Test {
 protected:
  ProducerSettingsTest() {
    std::string name = (fs::temp_directory_path() / "zonelag-producer-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    config_.brokers = {"127.0.0.1:9092"};
  }
  ~ProducerSettingsTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  std::string error() const {
    const auto settings = producer_settings(config_);
    return settings ? "" : settings.error();
  }
  // As librdkafka has it then.
  std::string value(const char* name) const {
    const auto settings = producer_settings(config_);
    if (!settings) return "error: " + settings.error();
    std::array<char, 512> text{};
    std::size_t size = text.size();
    if (rd_kafka_conf_get(settings->get(), name, text.data(), &size) != RD_KAFKA_CONF_OK) return "unknown";
    return text.data();
  }
  void log_in(const std::string& mechanism) {
    config_.security = KafkaSecurity::sasl_ssl;
    config_.sasl_mechanism = mechanism;
    config_.sasl_username = "zonelag";
    config_.sasl_password_file = file("password", "secret word\r\nnot this\n");
  }

  fs::path folder_;
  KafkaConfig config_;
};

TEST_F(ProducerSettingsTest, EveryRecordIsDelivered) {
  EXPECT_EQ(value("enable.idempotence"), "true");
  EXPECT_EQ(value("acks"), "-1");
  EXPECT_EQ(value("message.timeout.ms"), "0");
  EXPECT_EQ(value("partitioner"), "murmur2_random");
}

TEST_F(ProducerSettingsTest, OptionsArriveByLibrdkafkasNames) {
  config_.brokers = {"a.example:9092", "[2001:db8::1]:9093"};
  config_.compression = "lz4";
  config_.client_id = "vie1";
  config_.linger = std::chrono::milliseconds(70);
  EXPECT_EQ(value("bootstrap.servers"), "a.example:9092,[2001:db8::1]:9093");
  EXPECT_EQ(value("compression.type"), "lz4");
  EXPECT_EQ(value("client.id"), "vie1");
  EXPECT_EQ(value("linger.ms"), "70");
}

TEST_F(ProducerSettingsTest, BrokersAreHostAndPort) {
  for (const char* broker : {"a", "a:", ":9092", "a:b", "a:9092,b:9092", "ssl://a:9092", "a b:1", ""}) {
    config_.brokers = {broker};
    EXPECT_EQ(error(), "kafka.brokers: '" + std::string(broker) + "' is not HOST:PORT");
  }
  config_.brokers = {};
  EXPECT_EQ(error(), "kafka.brokers: none given (HOST:PORT, ...)");
}

TEST_F(ProducerSettingsTest, PropertiesComeLast) {
  config_.properties = {{"linger.ms", "5"}, {"socket.timeout.ms", "12345"}};
  EXPECT_EQ(value("linger.ms"), "5");
  EXPECT_EQ(value("socket.timeout.ms"), "12345");
}

TEST_F(ProducerSettingsTest, WrongPropertiesAreNamed) {
  config_.properties = {{"foo.bar", "1"}};
  EXPECT_EQ(error(), "kafka.properties: 'foo.bar': No such configuration property");
  config_.properties = {{"linger.ms", "soon"}};
  EXPECT_NE(error().find("kafka.properties: 'linger.ms'"), std::string::npos) << error();
  config_.properties = {};
  config_.compression = "rar";
  EXPECT_NE(error().find("'compression.type'"), std::string::npos) << error();
  EXPECT_NE(error().find("rar"), std::string::npos) << error();
}

TEST_F(ProducerSettingsTest, WhatWouldLoseEventsIsRefused) {
  const std::array<std::array<const char*, 3>, 7> refused{{{"enable.idempotence", "false", "true"},
                                                           {"acks", "1", "all"},
                                                           {"acks", "0", "all"},
                                                           {"request.required.acks", "1", "all"},
                                                           {"message.timeout.ms", "5000", "0"},
                                                           {"delivery.timeout.ms", "5000", "0"},
                                                           {"delivery.report.only.error", "true", "false"}}};
  for (const auto& [name, given, always] : refused) {
    config_.properties = {{name, given}};
    EXPECT_EQ(error(),
              std::string("kafka.properties: '") + name + "': is always " + always + ", or events could be lost");
  }
  for (const auto& [name, given] : std::map<std::string, std::string>{
           {"enable.idempotence", "true"}, {"acks", "-1"}, {"acks", "all"}, {"message.timeout.ms", "0"}}) {
    config_.properties = {{name, given}};
    EXPECT_EQ(error(), "") << name;
  }
}

TEST_F(ProducerSettingsTest, LoginTakesTheFirstLineOfTheFile) {
  log_in("SCRAM-SHA-512");
  EXPECT_EQ(value("sasl.mechanisms"), "SCRAM-SHA-512");
  EXPECT_EQ(value("sasl.username"), "zonelag");
  EXPECT_EQ(value("sasl.password"), "secret word");
  EXPECT_EQ(value("security.protocol"), "sasl_ssl");
}

TEST_F(ProducerSettingsTest, AnIncompleteLoginIsSaid) {
  log_in("GSSAPI");
  EXPECT_EQ(error(), "kafka.sasl_mechanism: 'GSSAPI' is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
  log_in("PLAIN");
  config_.sasl_username.clear();
  EXPECT_EQ(error(), "kafka.sasl_username: is missing");
  log_in("PLAIN");
  config_.sasl_password_file = folder_ / "nothing";
  EXPECT_EQ(error(), "kafka.sasl_password_file '" + config_.sasl_password_file + "': No such file or directory");
  config_.sasl_password_file = file("empty", "\n");
  EXPECT_EQ(error(), "kafka.sasl_password_file '" + config_.sasl_password_file + "': its first line is empty");
  log_in("PLAIN");
  config_.security = KafkaSecurity::ssl;
  EXPECT_EQ(error(), "kafka.sasl_mechanism: of no use with security \"ssl\"");
}

TEST_F(ProducerSettingsTest, TlsFilesAreLookedAt) {
  config_.tls_ca = folder_ / "ca.pem";
  EXPECT_EQ(error(), "kafka.tls_ca: of no use with security \"plaintext\"");
  config_.security = KafkaSecurity::ssl;
  EXPECT_EQ(error(), "kafka.tls_ca '" + config_.tls_ca + "': No such file or directory");
  config_.tls_ca.clear();
  config_.tls_key = file("key.pem", "x");
  EXPECT_EQ(error(), "kafka.tls_certificate: is missing; a certificate needs its key, and a key its certificate");
}

TEST_F(ProducerSettingsTest, APasswordIsInNoError) {
  log_in("PLAIN");
  config_.properties = {{"ssl.key.pem", "secret word"}, {"sasl.password", "secret word"}, {"zz", "1"}};
  EXPECT_EQ(error().find("secret"), std::string::npos) << error();
  EXPECT_NE(error(), "");
}

TEST_F(ProducerSettingsTest, ScramIsAKnownProblemBelow261) {
  const std::string problem =
      "librdkafka 2.0.2 can't log in with SCRAM-SHA-512 at Kafka 4 brokers even with the right password (fixed in "
      "2.6.1): use a newer librdkafka, PLAIN over TLS, or client certificates";
  log_in("SCRAM-SHA-512");
  EXPECT_EQ(known_problems(config_, 0x020002ff), std::vector<std::string>{problem});
  EXPECT_EQ(known_problems(config_, 0x020600ff).size(), 1U);
  EXPECT_TRUE(known_problems(config_, 0x020601ff).empty());
  log_in("PLAIN");
  EXPECT_TRUE(known_problems(config_, 0x020002ff).empty());
}

TEST_F(ProducerSettingsTest, TopicsAndPermissions) {
  EXPECT_EQ(explain(config_, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            "topic 'zonelag.events' does not exist: create it, or start with --create-topics");
  config_.sasl_username = "zonelag";
  EXPECT_EQ(explain(config_, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            "user 'zonelag' has no permission for topic 'zonelag.events': it needs Describe and Write, before Kafka "
            "2.8 IdempotentWrite, too");
}

}  // namespace
