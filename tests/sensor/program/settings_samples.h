// A value other than the default for every setting, as TOML has it and as an option has it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings.h"

namespace zonelag::sensor {

struct Sample {
  std::string_view key;
  std::string_view toml;              // right of the equals sign
  std::vector<std::string> option;    // values of the option; several: given several times
  bool (*kept)(const SensorConfig&);  // the typed field has the value
  std::string_view wrong_toml;        // a bad value, and what is said of it in the file
  std::string_view wrong_said;
};

std::span<const Sample> samples();

// The whole file.
std::string file_of(std::string_view key, std::string_view toml);

}  // namespace zonelag::sensor
