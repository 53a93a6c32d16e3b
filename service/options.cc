#include "service/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "service/command_line/help.h"
#include "service/command_line/usage.h"

namespace zonelag::service {
namespace {

Values split(const SettingInfo& setting, const Values& given) {
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

}  // namespace

CLI::Option* declare_value(CLI::App& app, const std::string& names, const std::string& type,
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

void take_option(SettingsLine& line, const SettingsTable& table, const SettingInfo& setting, std::string option,
                 const Values& given) {
  if (given.size() > 1 && !setting.takes_many()) throw UsageError(fmt::format("{} is given more than once", option));
  Values values = split(setting, given);
  if (std::ranges::find(values, "") != values.end())
    throw UsageError(fmt::format("{} is given an empty value", option));
  if (const auto good = table.check(setting, values); !good)
    throw UsageError(fmt::format("{}: {}", option, good.error()));
  for (const Given& other : line.given) {
    if (other.setting == &setting) throw UsageError(fmt::format("{} and {} are both given", other.origin, option));
  }
  line.given.push_back({.setting = &setting, .origin = std::move(option), .values = std::move(values)});
}

void declare_program(CLI::App& app, const std::string& usage, const std::string& version) {
  // Handed down to the sub-command declared after it.
  app.formatter(std::make_shared<HelpFormatter>(usage));
  app.set_help_flag("-h,--help", "print this help and end");
  app.allow_extras();  // see reject_unknown()
  app.set_version_flag("--version", version, "print the version and end");
}

void declare_config(CLI::App& app, SettingsLine& line) {
  const auto take = [&line](const std::string& path) { line.config = path; };
  declare_value(app, "-c,--config", "FILE", take, "configuration file, in TOML")->group("Program");
}

void declare_settings(CLI::App& app, const SettingsTable& table, SettingsLine& line) {
  for (const Section& section : table.sections()) {
    for (const SettingInfo* setting : table.infos()) {
      if (setting->section() != section.name) continue;
      const std::string option = option_of(*setting);
      const auto use = [&line, &table, setting, option](const Values& given) {
        take_option(line, table, *setting, option, given);
      };
      const std::string text = fmt::format("{} (default: {})", setting->help, shown(table.defaults(*setting)));
      app.add_option_function<Values>(option, use, text)
          ->allow_extra_args(false)
          ->type_name(std::string(setting->type))
          ->group(std::string(section.title));
    }
  }
}

void declare_flag(CLI::App& app, const std::string& name, const std::function<void()>& use,
                  const std::string& description) {
  app.add_flag_callback(name, use, description)->disable_flag_override()->group("Program");
}

void reject_second_command(std::string_view name) {
  throw UsageError(fmt::format("{} and another command are both given", name));
}

std::string settings_help(const SettingsTable& table, std::string_view save, std::string_view hyphen) {
  const SettingInfo example{.key = table.program().example};
  return fmt::format(
      "A setting is also a key of the configuration file: {} is {} in the section [{}]. What is given here goes over "
      "what is given there. true|false must be given as one of the two. Where several values are good, the option may "
      "be given several times, or once with commas between them{}{}. {}{}{}DURATION is a number and ns, us, ms, s, m, "
      "h or d; SIZE a number of bytes, or one with KiB, MiB, GiB or TiB.",
      option_of(example), example.name(), example.section(), save.empty() ? "" : ", save ", save,
      hyphen.empty() ? "" : "A value that begins with - needs an equals sign: ", hyphen, hyphen.empty() ? "" : ". ");
}

void parse_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    reject_unknown(app);
    throw UsageError(words_of(app, error.what()));
  }
  reject_unknown(app);
}

}  // namespace zonelag::service
