#include "commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <string_view>
#include <utility>

#include "config_check.h"
#include "doctor.h"
#include "exit_code.h"
#include "log.h"
#include "sensor.h"
#include "sensor/clock.h"
#include "sensor/live/packet_filter.h"
#include "signal_waiter.h"

namespace zonelag::sensor {
namespace {

// Printed to the end, or a line that says why not.
bool print(std::string_view text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!printed) complain("standard output: could not be written");
  return printed;
}

// Everything that is wrong, a line each; the warnings, too.
bool is_sound(const CommandLine& line, const Loaded& loaded) {
  const ConfigCheck check = check_config(loaded.config, !line.read.empty());
  auto errors = check.errors;
  const auto files = check_files(loaded.config);
  errors.insert(errors.end(), files.begin(), files.end());
  if (const std::string& filter = loaded.config.live.filter; !filter.empty()) {
    if (const auto compiled = PacketFilter::compile(filter, decoder::LinkType::ethernet); !compiled) {
      errors.push_back({"capture.filter", compiled.error()});
    }
  }
  for (const auto& error : errors) complain(describe(error, loaded.origins));
  for (const auto& warning : check.warnings) complain("warning: " + describe(warning, loaded.origins));
  return errors.empty();
}

int doctor(const CommandLine& line, const SensorConfig& config) {
  const SystemClock clock;
  const auto diagnoses = diagnose(config, clock);
  const bool colour = isatty(STDOUT_FILENO) == 1;
  if (!print(line.format == ReportFormat::json ? diagnosis_json(diagnoses) : diagnosis_text(diagnoses, colour))) {
    return kExitFailed;
  }
  const bool failed = std::ranges::any_of(diagnoses, [](const auto& each) { return each.finding == Finding::failed; });
  return failed ? kExitFailed : kExitOk;
}

int run_sensor(const CommandLine& line, SensorConfig config) {
  const SignalWaiter signals;
  const SystemClock clock;
  Log log(config.log_format, *parse_log_level(config.log_level));
  if (config.events.empty()) {
    for (const std::string& problem : known_problems(config.kafka)) log.write(LogLevel::warning, problem, problem);
  }
  auto sensor = Sensor::open(std::move(config), line.read, log, clock);
  if (!sensor) {
    log.write(LogLevel::error, "start", sensor.error());
    return kExitFailed;
  }
  return (*sensor)->run(signals, [&line]() -> std::expected<SensorConfig, std::string> {
    auto loaded = load(line);
    if (!loaded) return std::unexpected(loaded.error());
    const ConfigCheck check = check_config(loaded->config, !line.read.empty());
    if (!check.errors.empty()) return std::unexpected(describe(check.errors.front(), loaded->origins));
    return loaded->config;
  });
}

}  // namespace

void complain(const std::string& line) { std::fputs(fmt::format("zonelag-sensor: {}\n", line).c_str(), stderr); }

int run_command(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded) {
    complain(loaded.error());
    return kExitUsage;
  }
  if (line.command == Command::print_config) return print(to_toml(loaded->config)) ? kExitOk : kExitFailed;
  if (!is_sound(line, *loaded)) return kExitUsage;
  switch (line.command) {
    case Command::check: return print("the configuration is sound\n") ? kExitOk : kExitFailed;
    case Command::doctor: return doctor(line, loaded->config);
    default: return run_sensor(line, std::move(loaded->config));
  }
}

}  // namespace zonelag::sensor
