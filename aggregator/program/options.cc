#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "service/command_line/usage.h"

namespace zonelag::aggregator {
namespace {

using service::UsageError;

constexpr const char* kExitStatus =
    "Several databases are [[database]] tables of the configuration file.\n\n"
    "Exit status: 0 done, or ended by SIGTERM or SIGINT with everything committed; 1 failed; 2 wrong usage or "
    "configuration; 3 with --once, not everything could be read or sent.\n\n"
    "zonelag-aggregator(8) is the manual.";

}  // namespace

std::string program_version() { return std::string("zonelag-aggregator ") + ZONELAG_VERSION; }

void declare(CLI::App& app, CommandLine& line) {
  service::declare_program(app, "[OPTION]...", program_version());
  service::declare_config(app, line);
  service::declare_flag(app, "--once", [&line] { line.once = true; }, "consume what is there, and end");
  service::declare_command(app, "--check", line.command, Command::check, "check the configuration and end");
  service::declare_flag(
      app, "--connect", [&line] { line.connect = true; },
      "with --check: look at the brokers, the topics, the databases and the inventory in them, too");
  service::declare_command(app, "--print-config", line.command, Command::print_config,
                           "print the configuration that is in effect, as a file, and end");
  service::declare_settings(app, settings(), line);
  app.footer(service::settings_help(settings(), "--kafka-properties", "") + "\n\n" + kExitStatus);
}

void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line) {
  service::parse_line(app, argc, argv);
  if (line.connect && line.command != Command::check) throw UsageError("--connect is given without --check");
  if (line.once && line.command == Command::check) throw UsageError("--once and --check are both given");
}

service::Parsed<Loaded> load(const CommandLine& line) {
  Loaded loaded;
  if (!line.config.empty()) {
    const auto text = service::read_config_file(line.config);
    if (!text) return std::unexpected(text.error());
    if (auto read = parse_config(*text, line.config, loaded.config, loaded.origins); !read) {
      return std::unexpected(read.error());
    }
  }
  for (const service::Given& given : line.given) {
    if (!loaded.config.databases.empty() && given.setting->section() == "database") {
      return std::unexpected(fmt::format("{}: the file has [[database]] tables: give it there", given.origin));
    }
  }
  if (auto taken = service::take_given(settings(), line, loaded); !taken) return std::unexpected(taken.error());
  loaded.config.once = line.once;
  return loaded;
}

}  // namespace zonelag::aggregator
