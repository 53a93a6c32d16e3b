// The configuration file: TOML, read with the line of every error, and written as an example or as what is in effect.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "settings.h"

namespace zonelag::sensor {

// Key of each setting that was given -> where: "sensor.toml:12" or "--kafka-topic".
using Origins = std::map<std::string, std::string, std::less<>>;

// Puts what `text` gives over `config`; on an error `config` is as it was. Error: "FILE:LINE: KEY: what was expected".
Parsed<void> parse_settings(std::string_view text, std::string_view file_name, SensorConfig& config, Origins& origins);
// The same of a file. Error: one line that names the file.
Parsed<void> read_settings(const std::string& path, SensorConfig& config, Origins& origins);

// A file with every setting and what it does; parse_settings() makes the same config of it.
std::string to_toml(const SensorConfig& config);

}  // namespace zonelag::sensor
