#include "config.h"

namespace zonelag::aggregator {

std::string group_of(const EnvironmentConfig& environment) {
  if (!environment.group.empty()) return environment.group;
  const std::string group = "zonelag-aggregator";
  return environment.name == "prod" ? group : group + "-" + environment.name;
}

std::vector<EnvironmentConfig> environments_of(const AggregatorConfig& config) {
  return config.databases.empty() ? std::vector{config.database} : config.databases;
}

}  // namespace zonelag::aggregator
