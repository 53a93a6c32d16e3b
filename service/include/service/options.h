// A table of settings as a command line, beside the program's own options; and the configuration that it and the file
// make together.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/settings.h"
#include "service/settings_toml.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace zonelag::service {

// What was given of it. Programs derive theirs.
struct SettingsLine {
  std::string config;        // path; empty: none
  std::vector<Given> given;  // origin: "--kafka-topic"
};

// --help and --version, and what reject_unknown() and the help's layout rest on; first of all. `usage`: see
// HelpFormatter; `version`: "zonelag-sensor 0.1.0".
void declare_program(CLI::App& app, const std::string& usage, const std::string& version);
// -c, --config.
void declare_config(CLI::App& app, SettingsLine& line);
// An option for each setting. `line` and `table` must outlive `app`.
void declare_settings(CLI::App& app, const SettingsTable& table, SettingsLine& line);
// --check and the like, in the group "Program".
void declare_flag(CLI::App& app, const std::string& name, const std::function<void()>& use,
                  const std::string& description);
// Throws UsageError: `name` is a command, and another one is given.
[[noreturn]] void reject_second_command(std::string_view name);
// `name` was given for one of several commands; without any, `command` is Command::run. Throws UsageError.
template <typename Command>
void take_command(Command& command, Command value, std::string_view name) {
  if (command != Command::run) reject_second_command(name);
  command = value;
}
// A flag for take_command(). `command` must outlive `app`.
template <typename Command>
void declare_command(CLI::App& app, const std::string& name, Command& command, Command value,
                     const std::string& description) {
  declare_flag(app, name, [&command, value, name] { take_command(command, value, name); }, description);
}
// An option with one value, given at most once; `take` throws UsageError on what it can't use.
CLI::Option* declare_value(CLI::App& app, const std::string& names, const std::string& type,
                           const std::function<void(const std::string&)>& take, const std::string& description);

// What was given for a setting by `option`. Throws UsageError.
void take_option(SettingsLine& line, const SettingsTable& table, const SettingInfo& setting, std::string option,
                 const Values& given);

// The part of --help on how to give settings. `save`: options that take several values, but without commas: "--a and
// --b"; `hyphen`: an example of a value that begins with a hyphen, where there can be one.
std::string settings_help(const SettingsTable& table, std::string_view save, std::string_view hyphen);

// Throws UsageError; CLI::Success for --help and --version.
void parse_line(CLI::App& app, int argc, const char* const* argv);

template <typename Config>
struct Loaded {
  Config config;
  Origins origins;
};

// Puts the command line over what is loaded. Error: one line.
template <typename Config>
Parsed<void> take_given(const Settings<Config>& settings, const SettingsLine& line, Loaded<Config>& loaded) {
  for (const Given& given : line.given) {
    if (const auto taken = settings.take(*given.setting, loaded.config, given.values); !taken)
      return std::unexpected(given.origin + ": " + taken.error());
    loaded.origins.insert_or_assign(std::string(given.setting->key), given.origin);
  }
  return {};
}

// The defaults, over them the file, over it the command line. At start and at SIGHUP. Error: one line.
template <typename Config>
Parsed<Loaded<Config>> load(const Settings<Config>& settings, const SettingsLine& line) {
  Loaded<Config> loaded;
  if (!line.config.empty()) {
    if (auto read = read_settings(settings, line.config, loaded.config, loaded.origins); !read)
      return std::unexpected(std::move(read.error()));
  }
  if (auto taken = take_given(settings, line, loaded); !taken) return std::unexpected(std::move(taken.error()));
  return loaded;
}

}  // namespace zonelag::service
