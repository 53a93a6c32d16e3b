// What is wrong between settings, each of which is good by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/settings.h"

namespace zonelag::service {

struct ConfigProblem {
  std::string_view key;  // the setting to change
  std::string what;
};

struct ConfigCheck {
  std::vector<ConfigProblem> errors;
  std::vector<ConfigProblem> warnings;
};

// "sensor.toml:12: kafka.tls_key: ...", "--kafka-tls-key: ...", or "kafka.tls_key: ..." where it was not given.
std::string describe(const ConfigProblem& problem, const Origins& origins);

// Of a file that a setting names: there, and readable by us as we are now. None is named: none is wrong.
void check_file(std::string_view key, const std::string& path, std::vector<ConfigProblem>& problems);

// metrics.listen: warns of an address that other hosts can reach.
void check_listen(std::string_view key, const std::string& listen, ConfigCheck& check);

}  // namespace zonelag::service
