#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "service/command_line/help.h"
#include "service/command_line/usage.h"

namespace zonelag::sensor {
namespace {

using service::UsageError;

constexpr const char* kFooter =
    "A setting is also a key of the configuration file: --kafka-topic is topic in the section [kafka]. What is given "
    "here goes over what is given there. true|false must be given as one of the two. Where several values are good, "
    "the "
    "option may be given several times, or once with commas between them, save --dpdk-eal and --kafka-properties. A "
    "value that begins with - needs an equals sign: --dpdk-eal=--no-huge. DURATION is a number and ns, us, ms, s, m, h "
    "or d; SIZE a number of bytes, or one with KiB, MiB, GiB or TiB.\n\n"
    "Exit status: 0 done, or ended by SIGTERM or SIGINT with everything flushed; 1 failed; 2 wrong usage or "
    "configuration; 3 part of what --read was given could not be used or delivered; 75 a restart is wanted, since an "
    "interface came back that only a restart can capture on.\n\n"
    "zonelag-sensor(8) is the manual.";

// An option with one value, given at most once.
CLI::Option* value(CLI::App& app, const std::string& names, const std::string& type,
                   const std::function<void(const std::string&)>& take, const std::string& description) {
  const std::string name = names.substr(names.find("--"));
  const auto use = [name, take](const std::vector<std::string>& given) {
    if (given.size() > 1) throw UsageError(fmt::format("{} is given more than once", name));
    if (given.front().empty()) throw UsageError(fmt::format("{} is given an empty value", name));
    take(given.front());
  };
  return app.add_option_function<std::vector<std::string>>(names, use, description)
      ->allow_extra_args(false)
      ->type_name(type);
}

Values split(const Setting& setting, const Values& given) {
  if (!setting.commas) return given;
  Values values;
  for (const std::string& text : given) {
    std::size_t begin = 0;
    for (std::size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', begin)) {
      values.push_back(text.substr(begin, comma - begin));
      begin = comma + 1;
    }
    values.push_back(text.substr(begin));
  }
  return values;
}

void take(CommandLine& line, const Setting& setting, std::string option, const Values& given) {
  if (given.size() > 1 && !setting.takes_many()) throw UsageError(fmt::format("{} is given more than once", option));
  const Values values = split(setting, given);
  if (std::ranges::find(values, "") != values.end())
    throw UsageError(fmt::format("{} is given an empty value", option));
  SensorConfig scratch;
  if (const auto taken = setting.take(scratch, values); !taken)
    throw UsageError(fmt::format("{}: {}", option, taken.error()));
  for (const CommandLine::Given& other : line.given) {
    if (other.setting == &setting) throw UsageError(fmt::format("{} and {} are both given", other.option, option));
  }
  line.given.push_back({.setting = &setting, .option = std::move(option), .values = values});
}

void declare_settings(CLI::App& app, CommandLine& line) {
  for (const Section& section : sections()) {
    for (const Setting& setting : settings()) {
      if (setting.section() != section.name) continue;
      const std::string option = option_of(setting);
      const auto use = [&line, &setting, option](const Values& given) { take(line, setting, option, given); };
      app.add_option_function<Values>(option, use, fmt::format("{} (default: {})", setting.help, default_of(setting)))
          ->allow_extra_args(false)
          ->type_name(std::string(setting.type))
          ->group(std::string(section.title));
    }
  }
}

// A command beside the one that was given before is a contradiction.
void set_command(CommandLine& line, Command command, std::string_view name) {
  if (line.command != Command::run) throw UsageError(fmt::format("{} and another command are both given", name));
  line.command = command;
}

void declare_commands(CLI::App& app, CommandLine& line) {
  value(
      app, "-c,--config", "FILE", [&line](const std::string& path) { line.config = path; },
      "configuration file, in TOML")
      ->group("Program");
  app.add_option("--read", line.read, "capture files to read in place of a live capture, through the same pipeline")
      ->type_name("FILE...")
      ->group("Program");
  const auto flag = [&app](const std::string& name, const std::function<void()>& use, const std::string& description) {
    app.add_flag_callback(name, use, description)->disable_flag_override()->group("Program");
  };
  flag("--check", [&line] { set_command(line, Command::check, "--check"); }, "check the configuration and end");
  flag(
      "--print-config", [&line] { set_command(line, Command::print_config, "--print-config"); },
      "print the configuration that is in effect, as a file, and end");
  flag(
      "--create-topics", [&line] { take(line, *find_setting("kafka.create_topics"), "--create-topics", {"true"}); },
      "the same as --kafka-create-topics true");
}

void declare_doctor(CLI::App& app, CommandLine& line) {
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "Looks at interfaces, privileges, memory, clock, spool, brokers and topic, and says what to fix.");
  doctor.fallthrough();  // it takes every setting, too
  value(
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
  // Handed down to the sub-command declared after it.
  app.formatter(std::make_shared<service::HelpFormatter>("[doctor] [OPTION]..."));
  app.set_help_flag("-h,--help", "print this help and end");
  app.allow_extras();  // see reject_unknown()
  app.set_version_flag("--version", program_version(), "print the version and end");
  app.require_subcommand(0, 1);
  declare_commands(app, line);
  declare_settings(app, line);
  declare_doctor(app, line);
  app.footer(kFooter);
}

void parse(CLI::App& app, int argc, const char* const* argv, CommandLine& line) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    service::reject_unknown(app);
    throw UsageError(service::words_of(app, error.what()));
  }
  service::reject_unknown(app);
  if (std::ranges::find(line.read, "") != line.read.end()) throw UsageError("--read is given an empty value");
  if (app.got_subcommand("doctor")) set_command(line, Command::doctor, "doctor");
}

Parsed<Loaded> load(const CommandLine& line) {
  Loaded loaded;
  if (!line.config.empty()) {
    if (auto read = read_settings(line.config, loaded.config, loaded.origins); !read)
      return std::unexpected(std::move(read.error()));
  }
  for (const CommandLine::Given& given : line.given) {
    if (const auto taken = given.setting->take(loaded.config, given.values); !taken)
      return std::unexpected(fmt::format("{}: {}", given.option, taken.error()));
    loaded.origins.insert_or_assign(std::string(given.setting->key), given.option);
  }
  derive(loaded.config);
  return loaded;
}

}  // namespace zonelag::sensor
