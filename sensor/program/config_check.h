// What is wrong between settings, each of which is good by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings_toml.h"

namespace zonelag::sensor {

struct ConfigProblem {
  std::string_view key;  // the setting to change
  std::string what;
};

struct ConfigCheck {
  std::vector<ConfigProblem> errors;
  std::vector<ConfigProblem> warnings;
};

// `reading`: capture files take the place of a live capture. Looks at no file.
ConfigCheck check_config(const SensorConfig& config, bool reading);

// Of the files that the settings name: there, and readable by us as we are now.
std::vector<ConfigProblem> check_files(const SensorConfig& config);

// "sensor.toml:12: kafka.tls_key: ...", "--kafka-tls-key: ...", or "kafka.tls_key: ..." where it was not given.
std::string describe(const ConfigProblem& problem, const Origins& origins);

}  // namespace zonelag::sensor
