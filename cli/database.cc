#include "database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "aggregator_config.h"
#include "settings.h"

namespace zonelag::cli {
namespace {

// Behind `mark`, up to any of `ends`.
void collect(const std::string& text, std::string_view mark, std::string_view ends, std::vector<std::string>& into) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
    if (end > begin) into.push_back(text.substr(begin, end - begin));
  }
}

// What may be a password in libpq's URI ("//user:PASSWORD@", "?password=") or keywords ("password='...'").
std::vector<std::string> passwords_of(const std::string& connection) {
  std::vector<std::string> found;
  const std::size_t user = connection.find("://");
  if (user != std::string::npos) {
    const std::size_t end = connection.rfind('@');
    const std::size_t colon = connection.find(':', user + 3);
    if (end != std::string::npos && colon < end) found.push_back(connection.substr(colon + 1, end - colon - 1));
  }
  collect(connection, "password='", "'", found);
  collect(connection, "password=", "& ", found);
  return found;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

DatabaseChoice choice_of(const aggregator::AggregatorConfig& config, const aggregator::EnvironmentConfig& environment) {
  DatabaseChoice choice;
  choice.config.connection = environment.connection;
  choice.config.password_file = environment.password_file;
  choice.config.topic = environment.topic;
  choice.config.legacy_lags = environment.legacy_lags;
  choice.keep_rows = environment.keep_rows;
  choice.keep_versions = environment.keep_versions;
  choice.ledger.horizon = config.horizon;
  choice.ledger.settled = config.settled;
  choice.ledger.excluded_locations = config.excluded_locations;
  if (const auto zone = decoder::ZoneName::parse(config.bgp_zone); zone && !config.bgp_zone.empty())
    choice.ledger.bgp_zone = *zone;
  return choice;
}

}  // namespace

std::expected<DatabaseChoice, std::string> choose_database(const DatabaseOptions& options) {
  const aggregator::AggregatorConfig defaults;
  DatabaseChoice choice = choice_of(defaults, defaults.database);
  const bool by_variables = is_set("PGDATABASE") || is_set("PGSERVICE");
  std::string path = options.config;
  if (path.empty() && options.uri.empty() && (!by_variables || !options.environment.empty()) &&
      ::access(kDefaultConfig, R_OK) == 0) {
    path = kDefaultConfig;
  }
  if (path.empty() && !options.environment.empty()) {
    return std::unexpected(
        options.uri.empty() ? fmt::format("--environment: there is no {}; --config names another", kDefaultConfig)
                            : "--environment: names a database of a configuration; with --database it needs --config");
  }
  if (!path.empty()) {
    const auto config = load_aggregator_config(path);
    if (!config) return std::unexpected(config.error());
    const auto environment = environment_of(*config, path, options.environment);
    if (!environment) return std::unexpected(environment.error());
    choice = choice_of(*config, *environment);
  } else if (by_variables) {
    choice.config.connection = "postgresql://";
  }
  // What else the configuration says of its database (retention, settings of versions) stays.
  if (!options.uri.empty()) {
    choice.config.connection = options.uri;
    choice.config.password_file.clear();
  }
  return choice;
}

std::string without_passwords(const std::string& text, const std::string& connection) {
  std::string clean = text;
  for (const std::string& password : passwords_of(connection)) {
    for (std::size_t at = clean.find(password); at != std::string::npos; at = clean.find(password, at + 3))
      clean.replace(at, password.size(), "***");
  }
  return clean;
}

}  // namespace zonelag::cli
