// All settings of zonelag-sensor.
#pragma once

#include <vector>

#include "config.h"
#include "service/settings.h"

namespace zonelag::sensor {

using Setting = service::Setting<SensorConfig>;

const service::Settings<SensorConfig>& settings();

// What follows from other settings: DPDK's queues, ports and filter are those of [capture], and so are the decoder's
// ports. After all settings were taken.
void derive(SensorConfig& config);

// The parts of the table.
void add_capture_settings(std::vector<Setting>& table);  // sensor, capture, signals, limits
void add_publish_settings(std::vector<Setting>& table);  // kafka, spool, output
void add_program_settings(std::vector<Setting>& table);  // metrics, log, privileges, dpdk

}  // namespace zonelag::sensor
