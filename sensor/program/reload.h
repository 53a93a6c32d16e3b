// SIGHUP: what of a new configuration can take effect at once.
#pragma once

#include <string_view>
#include <vector>

#include "settings.h"

namespace zonelag::sensor {

// Keys of the settings that differ.
struct ReloadResult {
  std::vector<std::string_view> now;
  std::vector<std::string_view> restart;
};

ReloadResult compare_for_reload(const SensorConfig& running, const SensorConfig& wanted);

// `running` with those settings of `wanted` that can take effect now.
SensorConfig reloaded(const SensorConfig& running, const SensorConfig& wanted);

}  // namespace zonelag::sensor
