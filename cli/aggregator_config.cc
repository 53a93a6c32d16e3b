#include "aggregator_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "settings.h"

namespace zonelag::cli {

using aggregator::AggregatorConfig;
using aggregator::EnvironmentConfig;

std::expected<AggregatorConfig, std::string> load_aggregator_config(const std::string& path) {
  const auto text = service::read_config_file(path);
  if (!text) return std::unexpected(text.error());
  AggregatorConfig config;
  service::Origins origins;
  if (auto read = aggregator::parse_config(*text, path, config, origins); !read) return std::unexpected(read.error());
  return config;
}

std::expected<EnvironmentConfig, std::string> environment_of(const AggregatorConfig& config, const std::string& path,
                                                             const std::string& name) {
  const auto environments = aggregator::environments_of(config);
  if (name.empty() && environments.size() == 1) return environments.front();
  const auto found = std::ranges::find(environments, name, &EnvironmentConfig::name);
  if (found != environments.end()) return *found;
  std::string names;
  for (const EnvironmentConfig& one : environments) names += (names.empty() ? "" : ", ") + one.name;
  if (name.empty()) {
    return std::unexpected(
        fmt::format("{}: it names several databases: choose with --environment one of {}", path, names));
  }
  return std::unexpected(fmt::format("{}: no database is called '{}'; there are: {}", path, name, names));
}

}  // namespace zonelag::cli
