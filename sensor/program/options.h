// The command line of `zonelag-sensor`, and the configuration that it and the file make together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings_toml.h"

namespace CLI {
class App;
}

namespace zonelag::sensor {

enum class Command : std::uint8_t { run, check, print_config, doctor };
enum class ReportFormat : std::uint8_t { text, json };

struct CommandLine {
  struct Given {
    const Setting* setting = nullptr;
    std::string option;  // "--kafka-topic"
    Values values;
  };
  Command command = Command::run;
  std::string config;                        // path; empty: none
  std::vector<std::string> read;             // capture files in place of a live capture
  std::vector<Given> given;                  // settings; their values are good
  ReportFormat format = ReportFormat::text;  // of doctor
};

// "zonelag-sensor 0.1.0".
std::string program_version();

// Declares all options and the sub-command on `app`; the values land in `line`, which must outlive it.
void declare(CLI::App& app, CommandLine& line);

// Throws service::UsageError; CLI::Success for --help and --version.
void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line);

struct Loaded {
  SensorConfig config;
  Origins origins;
};

// The defaults, over them the file, over it the command line. At start and at SIGHUP. Error: one line.
Parsed<Loaded> load(const CommandLine& line);

}  // namespace zonelag::sensor
