#include "commands.h"

#include <unistd.h>

#include <algorithm>
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
#include "service/reload.h"
#include "service/signal_waiter.h"

namespace zonelag::sensor {
namespace {

constexpr const char* kProgram = "zonelag-sensor";

bool print(std::string_view text) { return service::print(kProgram, text); }

bool is_sound(const CommandLine& line, const Loaded& loaded) {
  service::ConfigCheck check = check_config(loaded.config, !line.read.empty());
  const auto files = service::check_files(loaded.config.kafka);
  check.errors.insert(check.errors.end(), files.begin(), files.end());
  if (const std::string& filter = loaded.config.live.filter; !filter.empty()) {
    if (const auto compiled = PacketFilter::compile(filter, decoder::LinkType::ethernet); !compiled) {
      check.errors.push_back({"capture.filter", compiled.error()});
    }
  }
  return service::is_sound(kProgram, check, loaded.origins);
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
  return (*sensor)->run(signals, [&line] {
    const auto check = [&line](const SensorConfig& anew) { return check_config(anew, !line.read.empty()); };
    return service::reread(load(line), check);
  });
}

}  // namespace

int run_command(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded) {
    service::complain(kProgram, loaded.error());
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
