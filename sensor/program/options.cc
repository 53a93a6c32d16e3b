#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "service/command_line/help.h"
#include "service/command_line/usage.h"

namespace zonelag::sensor {
namespace {

using service::UsageError;

constexpr const char* kExitStatus =
    "Exit status: 0 done, or ended by SIGTERM or SIGINT with everything flushed; 1 failed; 2 wrong usage or "
    "configuration; 3 part of what --read was given could not be used or delivered; 75 a restart is wanted, since an "
    "interface came back that only a restart can capture on.\n\n"
    "zonelag-sensor(8) is the manual.";

void declare_commands(CLI::App& app, CommandLine& line) {
  service::declare_config(app, line);
  app.add_option("--read", line.read, "capture files to read in place of a live capture, through the same pipeline")
      ->type_name("FILE...")
      ->group("Program");
  service::declare_command(app, "--check", line.command, Command::check, "check the configuration and end");
  service::declare_command(app, "--print-config", line.command, Command::print_config,
                           "print the configuration that is in effect, as a file, and end");
  const auto create = [&line] {
    service::take_option(line, settings(), *settings().find("kafka.create_topics"), "--create-topics", {"true"});
  };
  service::declare_flag(app, "--create-topics", create, "the same as --kafka-create-topics true");
}

void declare_doctor(CLI::App& app, CommandLine& line) {
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "Looks at interfaces, privileges, memory, clock, spool, brokers and topic, and says what to fix.");
  doctor.fallthrough();  // it takes every setting, too
  service::declare_value(
      doctor, "--format", "FORMAT",
      [&line](const std::string& text) {
        static constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
        if (std::ranges::find(kFormats, text) == kFormats.end())
          throw UsageError(fmt::format("--format: '{}' is none of text, json", text));
        line.format = text == "json" ? ReportFormat::json : ReportFormat::text;
      },
      "text (for people, the default) or json")
      ->group("Output");
  doctor.footer(
      "Every setting of zonelag-sensor, and --config, can be given as well.\n\n"
      "Exit status: 0 all is well; 1 something has to be fixed; 2 wrong usage or configuration.");
}

}  // namespace

std::string program_version() { return std::string("zonelag-sensor ") + ZONELAG_VERSION; }

void declare(CLI::App& app, CommandLine& line) {
  service::declare_program(app, "[doctor] [OPTION]...", program_version());
  app.require_subcommand(0, 1);
  declare_commands(app, line);
  service::declare_settings(app, settings(), line);
  declare_doctor(app, line);
  app.footer(service::settings_help(settings(), "--dpdk-eal and --kafka-properties", "--dpdk-eal=--no-huge") + "\n\n" +
             kExitStatus);
}

void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line) {
  service::parse_line(app, argc, argv);
  if (std::ranges::find(line.read, "") != line.read.end()) throw UsageError("--read is given an empty value");
  if (app.got_subcommand("doctor")) service::take_command(line.command, Command::doctor, "doctor");
}

service::Parsed<Loaded> load(const CommandLine& line) {
  auto loaded = service::load(settings(), line);
  if (loaded) derive(loaded->config);
  return loaded;
}

}  // namespace zonelag::sensor
