#include "settings.h"

#include <array>

namespace zonelag::sensor {
namespace {

constexpr std::array<service::Section, 11> kSections{{{"sensor", "Sensor"},
                                                      {"capture", "Capture"},
                                                      {"signals", "Signals"},
                                                      {"limits", "Limits"},
                                                      {"kafka", "Kafka"},
                                                      {"spool", "Spool"},
                                                      {"output", "Output"},
                                                      {"metrics", "Metrics"},
                                                      {"log", "Log"},
                                                      {"privileges", "Privileges"},
                                                      {"dpdk", "DPDK"}}};

std::vector<Setting> all_settings() {
  std::vector<Setting> table;
  add_capture_settings(table);
  add_publish_settings(table);
  add_program_settings(table);
  return table;
}

}  // namespace

const service::Settings<SensorConfig>& settings() {
  static const service::Settings<SensorConfig> kSettings({.name = "zonelag-sensor", .example = "kafka.topic"},
                                                         kSections, all_settings());
  return kSettings;
}

void derive(SensorConfig& config) {
  config.dpdk.queues = config.live.workers;
  config.dpdk.ports = config.live.ports;
  config.dpdk.filter = config.live.filter;
  config.limits.frame.ports = config.live.ports;
}

}  // namespace zonelag::sensor
