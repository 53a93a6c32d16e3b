// The command line of `zonelag-aggregator`, and the configuration that it and the file make together.
#pragma once

#include <cstdint>
#include <string>

#include "service/options.h"
#include "settings.h"

namespace CLI {
class App;
}

namespace zonelag::aggregator {

enum class Command : std::uint8_t { run, check, print_config };

struct CommandLine : service::SettingsLine {
  Command command = Command::run;
  bool once = false;
  bool connect = false;  // of --check
};

// "zonelag-aggregator 0.1.0".
std::string program_version();

// Declares all options on `app`; the values land in `line`, which must outlive it.
void declare(CLI::App& app, CommandLine& line);

// Throws service::UsageError; CLI::Success for --help and --version.
void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line);

using Loaded = service::Loaded<AggregatorConfig>;

// At start and at SIGHUP. Error: one line.
service::Parsed<Loaded> load(const CommandLine& line);

}  // namespace zonelag::aggregator
