// The aggregator's configuration file, for commands that need its databases or brokers.
#pragma once

#include <expected>
#include <string>

#include "service/kafka/kafka_connection.h"

namespace zonelag::aggregator {
struct AggregatorConfig;
struct EnvironmentConfig;
}  // namespace zonelag::aggregator

namespace zonelag::cli {

inline constexpr const char* kDefaultConfig = "/etc/zonelag/aggregator.toml";

// Error: one line.
std::expected<aggregator::AggregatorConfig, std::string> load_aggregator_config(const std::string& path);

// The database of that name; where it has one only, `name` may be empty. Error: one line that names the choices.
std::expected<aggregator::EnvironmentConfig, std::string> environment_of(const aggregator::AggregatorConfig& config,
                                                                         const std::string& path,
                                                                         const std::string& name);

}  // namespace zonelag::cli
