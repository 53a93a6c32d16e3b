#include "settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "service/command_line/usage.h"
#include "setting_kinds.h"

namespace zonelag::sensor {
namespace {

constexpr std::array<Section, 11> kSections{{{"sensor", "Sensor"},
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

Parsed<std::string> one_of(std::string_view text, std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, text) != choices.end()) return std::string(text);
  std::vector<std::string> names(choices.begin(), choices.end());
  std::erase(names, "");  // the file's word for "not given"
  return std::unexpected(
      fmt::format("'{}' is none of {}{}", text, fmt::join(names, ", "), service::did_you_mean(text, names)));
}

std::span<const Section> sections() { return kSections; }

std::span<const Setting> settings() {
  static const std::vector<Setting> kTable = all_settings();
  return kTable;
}

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(settings(), key, &Setting::key);
  return found == settings().end() ? nullptr : &*found;
}

std::string option_of(const Setting& setting) {
  std::string option = "--" + std::string(setting.key);
  std::ranges::replace(option, '.', '-');
  std::ranges::replace(option, '_', '-');
  return option;
}

std::string default_of(const Setting& setting) {
  const Values values = setting.show(SensorConfig{});
  const std::string shown = fmt::format("{}", fmt::join(values, ", "));
  return shown.empty() ? "none" : shown;
}

void derive(SensorConfig& config) {
  config.dpdk.queues = config.live.workers;
  config.dpdk.ports = config.live.ports;
  config.dpdk.filter = config.live.filter;
  config.limits.frame.ports = config.live.ports;
}

}  // namespace zonelag::sensor
