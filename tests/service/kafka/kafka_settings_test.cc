// What is the same for every client. sensor/publish's test has the error texts.
#include "service/kafka/kafka_settings.h"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace zonelag::service;

std::string value_of(rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  return rd_kafka_conf_get(conf, name, text.data(), &size) == RD_KAFKA_CONF_OK ? text.data() : "unknown";
}

class KafkaSettingsTest : public testing::Test {
 protected:
  KafkaSettingsTest() { connection_.brokers = {"127.0.0.1:9092"}; }
  std::string error(const KafkaRole& role) const {
    const auto settings = kafka_settings(connection_, role);
    return settings ? "" : settings.error();
  }

  KafkaConnection connection_;
};

constexpr std::array kPromised{
    KafkaPromise{"enable.auto.commit", "false", {"false", "f", "0"}, "auto.commit.enable"},
};
constexpr std::array<KafkaRefusal, 1> kRefused{{{"group.instance.id", "", "is aggregator.instance"}}};
const KafkaRole kConsumer{.promises = kPromised,
                          .otherwise = "or rows could be lost",
                          .refusals = kRefused,
                          .properties = {{"group.id", "zonelag"}, {"auto.offset.reset", "earliest"}}};

// Lines that librdkafka says of properties that are not of this kind of client.
std::string said_at_opening(const KafkaConnection& connection, const KafkaRole& role, rd_kafka_type_t type) {
  auto settings = kafka_settings(connection, role);
  if (!settings) return settings.error();
  std::string said;
  rd_kafka_conf_set_opaque(settings->get(), &said);
  rd_kafka_conf_set_log_cb(settings->get(), [](const rd_kafka_t* client, int, const char* facility, const char* text) {
    if (std::string_view(facility) == "CONFWARN") *static_cast<std::string*>(rd_kafka_opaque(client)) += text;
  });
  std::array<char, 512> why{};
  const KafkaHandle client(rd_kafka_new(type, settings->release(), why.data(), why.size()));
  return client ? said : why.data();
}

TEST_F(KafkaSettingsTest, AClientWithoutARole) {
  connection_.client_id = "vie1";
  connection_.properties = {{"socket.timeout.ms", "12345"}};
  const auto settings = kafka_settings(connection_);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(value_of(settings->get(), "bootstrap.servers"), "127.0.0.1:9092");
  EXPECT_EQ(value_of(settings->get(), "client.id"), "vie1");
  EXPECT_EQ(value_of(settings->get(), "socket.timeout.ms"), "12345");
  EXPECT_EQ(value_of(settings->get(), "enable.idempotence"), "false") << "no producer's promise";
}

TEST_F(KafkaSettingsTest, AConsumer) {
  connection_.properties = {{"auto.offset.reset", "latest"}, {"enable.auto.commit", "0"}};
  const auto settings = kafka_settings(connection_, kConsumer);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(value_of(settings->get(), "group.id"), "zonelag");
  EXPECT_EQ(value_of(settings->get(), "enable.auto.commit"), "false");
  EXPECT_EQ(value_of(settings->get(), "auto.offset.reset"), "largest")
      << "librdkafka's word for latest: kafka.properties go over the role's";
  EXPECT_EQ(said_at_opening(connection_, kConsumer, RD_KAFKA_CONSUMER), "");
  connection_.properties.clear();
  EXPECT_EQ(said_at_opening(connection_, {}, RD_KAFKA_PRODUCER), "");
}

TEST_F(KafkaSettingsTest, WhatTheProgramRestsUponStays) {
  connection_.properties = {{"enable.auto.commit", "true"}};
  EXPECT_EQ(error(kConsumer), "kafka.properties: 'enable.auto.commit': is always false, or rows could be lost");
  connection_.properties = {{"auto.commit.enable", "true"}};
  EXPECT_EQ(error(kConsumer), "kafka.properties: 'auto.commit.enable': is always false, or rows could be lost");
  connection_.properties = {{"group.instance.id", "a"}};
  EXPECT_EQ(error(kConsumer), "kafka.properties: 'group.instance.id': is aggregator.instance");
  EXPECT_EQ(error({}), "");
}

}  // namespace
