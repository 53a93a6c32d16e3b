#include "commands.h"

#include <unistd.h>

#include <algorithm>
#include <expected>
#include <string_view>
#include <utility>

#include "config_check.h"
#include "doctor.h"
#include "exit_code.h"
#include "sensor.h"
#include "sensor/clock.h"
#include "sensor/live/packet_filter.h"
#include "service/kafka/kafka_check.h"
#include "service/kafka/kafka_settings.h"
#include "service/log.h"
#include "service/program.h"
#include "service/signal_waiter.h"

namespace zonelag::sensor {
namespace {

constexpr const char* kProgram = "zonelag-sensor";

void complain(std::string_view line) { service::complain(kProgram, line); }
bool print(std::string_view text) { return service::print(kProgram, text); }

// Everything that is wrong, a line each; the warnings, too.
bool is_sound(const CommandLine& line, const Loaded& loaded) {
  const service::ConfigCheck check = check_config(loaded.config, !line.read.empty());
  auto errors = check.errors;
  const auto files = service::check_files(loaded.config.kafka);
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
  const service::SignalWaiter signals;
  const SystemClock clock;
  service::Log log(config.log_format, *service::parse_log_level(config.log_level));
  if (config.events.empty()) {
    for (const std::string& problem : known_problems(config.kafka))
      log.write(service::LogLevel::warning, problem, problem);
  }
  auto sensor = Sensor::open(std::move(config), line.read, log, clock);
  if (!sensor) {
    log.write(service::LogLevel::error, "start", sensor.error());
    return kExitFailed;
  }
  return (*sensor)->run(signals, [&line]() -> std::expected<SensorConfig, std::string> {
    auto loaded = load(line);
    if (!loaded) return std::unexpected(loaded.error());
    const service::ConfigCheck check = check_config(loaded->config, !line.read.empty());
    if (!check.errors.empty()) return std::unexpected(describe(check.errors.front(), loaded->origins));
    return loaded->config;
  });
}

}  // namespace

int run_command(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded) {
    complain(loaded.error());
    return kExitUsage;
  }
  if (line.command == Command::print_config)
    return print(service::to_toml(settings(), loaded->config)) ? kExitOk : kExitFailed;
  if (!is_sound(line, *loaded)) return kExitUsage;
  switch (line.command) {
    case Command::check: return print("the configuration is sound\n") ? kExitOk : kExitFailed;
    case Command::doctor: return doctor(line, loaded->config);
    default: return run_sensor(line, std::move(loaded->config));
  }
}

}  // namespace zonelag::sensor
