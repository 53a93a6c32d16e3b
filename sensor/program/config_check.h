// What is wrong between settings, each of which is good by itself.
#pragma once

#include "config.h"
#include "service/config_problem.h"

namespace zonelag::sensor {

// `reading`: capture files take the place of a live capture. Looks at no file.
service::ConfigCheck check_config(const SensorConfig& config, bool reading);

}  // namespace zonelag::sensor
