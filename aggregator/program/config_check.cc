#include "config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "aggregator/store/connection.h"
#include "decoder/zone_name.h"
#include "service/kafka/kafka_check.h"
#include "service/restriction/privileges.h"
#include "service/value_text.h"

namespace zonelag::aggregator {
namespace {

class Check {
 public:
  explicit Check(const AggregatorConfig& config) : config_(config) {}

  service::ConfigCheck run() {
    if (config_.kafka.brokers.empty()) error("kafka.brokers", "none is given");
    service::check_connection(config_.kafka, result_);
    service::check_topic("events.dead_topic", config_.dead_topic, result_);
    const auto environments = environments_of(config_);
    for (const EnvironmentConfig& environment : environments) check_environment(environment);
    if (environments.size() > 1) check_apart(environments);
    check_versions();
    check_results();
    service::check_listen("metrics.listen", config_.metrics_listen, result_);
    return std::move(result_);
  }

 private:
  void error(std::string_view key, std::string what) { result_.errors.push_back({key, std::move(what)}); }

  void warn(std::string_view key, std::string what) { result_.warnings.push_back({key, std::move(what)}); }

  void check_environment(const EnvironmentConfig& environment) {
    constexpr std::size_t kLongestName = 64;
    const auto is_good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    const std::string& name = environment.name;
    if (name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, is_good)) {
      error("database.name", fmt::format("'{}' is no name: letters, digits, underscores and hyphens", name));
    }
    check_database(environment);
    service::check_topic("database.topic", environment.topic, result_);
    const auto check_result = [&](std::string_view key, const std::string& topic) {
      if (topic.empty()) return;
      service::check_topic(key, topic, result_);
      if (topic == environment.topic) error(key, fmt::format("'{}' is the topic of the events", topic));
    };
    check_result("database.lags_topic", environment.lags_topic);
    check_result("database.slas_topic", environment.slas_topic);
    if (config_.dead_topic == environment.topic) error("events.dead_topic", "is the topic of the events");
  }

  void check_database(const EnvironmentConfig& environment) {
    const ConnectionSetting connection = look_at_connection(environment.connection);
    if (environment.connection.empty()) {
      error("database.connection", "is empty");
    } else if (!connection.readable) {
      error("database.connection", kUnreadableConnection);
    }
    if (connection.has_password) {
      warn("database.connection", "has a password in it, which whoever reads the file can see: database.password_file");
    }
    if (environment.keep_versions < environment.keep_rows) {
      warn("database.keep_versions",
           fmt::format("is less than database.keep_rows ({}d), which goes for both", environment.keep_rows.count()));
    }
  }

  // Two that share what only one can have would take each other's events, or mix their results.
  void check_apart(const std::vector<EnvironmentConfig>& environments) {
    std::map<std::pair<std::string_view, std::string>, std::string_view> seen;
    const auto once = [&](std::string_view key, const std::string& value, const EnvironmentConfig& environment) {
      if (value.empty()) return;
      const auto [found, is_new] = seen.try_emplace({key, value}, environment.name);
      if (is_new) return;
      error(key, fmt::format("'{}' is given for '{}' and for '{}'", value, found->second, environment.name));
    };
    for (const EnvironmentConfig& environment : environments) {
      once("database.name", environment.name, environment);
      once("database.connection", environment.connection, environment);
      once("database.group", group_of(environment), environment);
      once("database.lags_topic", environment.lags_topic, environment);
      once("database.slas_topic", environment.slas_topic, environment);
    }
  }

  void check_versions() {
    if (config_.settled > config_.horizon) {
      error("versions.settled",
            fmt::format("{} is more than versions.horizon ({})", service::show_duration(config_.settled),
                        service::show_duration(config_.horizon)));
    }
    if (!config_.bgp_zone.empty() && !decoder::ZoneName::parse(config_.bgp_zone)) {
      error("versions.bgp_zone", fmt::format("'{}' is no domain name", config_.bgp_zone));
    }
    if (std::ranges::find(config_.excluded_locations, "") != config_.excluded_locations.end()) {
      error("versions.excluded_locations", "an empty prefix would exclude every location");
    }
  }

  void check_results() {
    const bool confluent = config_.result_format == ResultFormat::confluent;
    if (confluent && config_.registry.empty()) {
      error("results.registry", "is missing: results.format is confluent");
    }
    if (!confluent && !config_.registry.empty()) {
      error("results.registry", "is given, but results.format is plain");
    }
    const bool is_url = config_.registry.starts_with("http://") || config_.registry.starts_with("https://");
    if (!config_.registry.empty() && !is_url) {
      error("results.registry", fmt::format("'{}' is no URL that begins with http:// or https://", config_.registry));
    }
    if (config_.registry_user.empty() != config_.registry_password_file.empty()) {
      const bool user_is_missing = config_.registry_user.empty();
      error(user_is_missing ? "results.registry_user" : "results.registry_password_file",
            fmt::format("is missing: {} is given",
                        user_is_missing ? "results.registry_password_file" : "results.registry_user"));
    }
  }

  const AggregatorConfig& config_;
  service::ConfigCheck result_;
};

}  // namespace

service::ConfigCheck check_config(const AggregatorConfig& config) { return Check(config).run(); }

std::vector<service::ConfigProblem> check_files(const AggregatorConfig& config) {
  std::vector<service::ConfigProblem> problems = service::check_files(config.kafka);
  for (const EnvironmentConfig& environment : environments_of(config)) {
    service::check_file("database.password_file", environment.password_file, problems);
  }
  service::check_file("results.registry_password_file", config.registry_password_file, problems);
  service::check_file("results.registry_ca", config.registry_ca, problems);
  if (auto user = service::check_user(config.user); !user) {
    problems.push_back({"privileges.user", std::move(user.error())});
  }
  return problems;
}

}  // namespace zonelag::aggregator
