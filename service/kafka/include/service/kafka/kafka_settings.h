// From our options to librdkafka's properties, and which of them are not to be had. Reads the password files; opens no
// connection.
#pragma once

#include <array>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/kafka/kafka_connection.h"
#include "service/kafka/kafka_handles.h"

namespace zonelag::service {

// librdkafka's names and values.
using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

// A property that the program rests upon, and how else its value may be spelt: kafka.properties can't change it.
struct KafkaPromise {
  const char* name;
  const char* value;
  std::array<std::string_view, 4> spellings;
  std::string_view synonym;  // another name of the property; empty: none
};

// What kafka.properties must not have.
struct KafkaRefusal {
  std::string_view name;
  std::string_view value;  // empty: any
  std::string_view why;    // "the sensor has no transactions"
};

// What makes a producer, a consumer or an admin client of a connection; the last needs nothing.
struct KafkaRole {
  std::span<const KafkaPromise> promises;
  std::string_view otherwise;  // what a broken promise leads to: "or events could be lost"
  std::span<const KafkaRefusal> refusals;
  KafkaProperties properties;  // over what every client has; kafka.properties go over them
};

// Error: one line that names the option or file. No password is ever in it.
std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConnection& connection,
                                                           const KafkaRole& role = {});

// Brokers as one text, as in librdkafka's bootstrap.servers.
std::string joined_brokers(const KafkaConnection& connection);

// The version as rd_kafka_version() has it: 0xMMmmrrxx.
inline constexpr int kScramRepaired = 0x020601ff;

// nullopt-like: empty when the mechanism works with this version.
std::string scram_problem(const KafkaConnection& connection, int version);

// What is known not to work with this version of librdkafka, in one line each: SCRAM with a version below 2.6.1
// (kcat issue 462) fails against Kafka 4 although the password is right.
std::vector<std::string> known_problems(const KafkaConnection& connection, int version = rd_kafka_version());

}  // namespace zonelag::service
