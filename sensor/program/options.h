// The command line of `zonelag-sensor`, and the configuration that it and the file make together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/options.h"
#include "settings.h"

namespace CLI {
class App;
}

namespace zonelag::sensor {

enum class Command : std::uint8_t { run, check, print_config, doctor };
enum class ReportFormat : std::uint8_t { text, json };

struct CommandLine : service::SettingsLine {
  Command command = Command::run;
  std::vector<std::string> read;             // capture files in place of a live capture
  ReportFormat format = ReportFormat::text;  // of doctor
};

// "zonelag-sensor 0.1.0".
std::string program_version();

// Declares all options and the sub-command on `app`; the values land in `line`, which must outlive it.
void declare(CLI::App& app, CommandLine& line);

// Throws service::UsageError; CLI::Success for --help and --version.
void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line);

using Loaded = service::Loaded<SensorConfig>;

// At start and at SIGHUP. Error: one line.
service::Parsed<Loaded> load(const CommandLine& line);

}  // namespace zonelag::sensor
