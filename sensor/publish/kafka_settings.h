// From our options to librdkafka's properties, and which of them are not to be had. Reads the password files; opens no
// connection.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "kafka_handles.h"
#include "sensor/publish/kafka_config.h"

namespace zonelag::sensor {

// The version as rd_kafka_version() has it: 0xMMmmrrxx.
inline constexpr int kScramRepaired = 0x020601ff;

// Error: one line that names the option or file. No password is ever in it.
std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConfig& config);

// Brokers as one text, as in librdkafka's bootstrap.servers.
std::string joined_brokers(const KafkaConfig& config);

// nullopt-like: empty when the mechanism works with this version.
std::string scram_problem(const KafkaConfig& config, int version);

// As known_problems() of kafka_producer.h, for any version.
std::vector<std::string> known_problems(const KafkaConfig& config, int version);

}  // namespace zonelag::sensor
