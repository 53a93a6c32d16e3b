#include "service/settings_toml.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "service/command_line/usage.h"

namespace zonelag::service {
namespace {

// Thrown and caught within this file, so that each reader below reads as a list of steps.
struct TomlError {
  std::uint32_t line;
  std::string what;
};

std::uint32_t line_of(const toml::node& node) { return static_cast<std::uint32_t>(node.source().begin.line); }
std::uint32_t line_of(const toml::key& key) { return static_cast<std::uint32_t>(key.source().begin.line); }

std::string expected_of(const SettingInfo& setting) {
  switch (setting.shape) {
    case Shape::text: return "must be a text in quotes";
    case Shape::duration: return "must be a duration in quotes, as in \"10s\"";
    case Shape::size: return "must be a size in quotes, as in \"64MiB\", or a number of bytes";
    case Shape::number: return "must be a number without quotes";
    case Shape::boolean: return "must be true or false, without quotes";
    case Shape::texts: return "must be a list of texts in quotes, as in [\"one\", \"two\"]";
    case Shape::numbers: return "must be a list of numbers, as in [53, 5353]";
    case Shape::table: return fmt::format("must be a table of texts, numbers, true and false: [{}]", setting.key);
  }
  return "";
}

[[noreturn]] void fail(const toml::node& node, const SettingInfo& setting, std::string_view what) {
  throw TomlError{line_of(node), fmt::format("{}: {}", setting.key, what)};
}

std::string text_of(const toml::node& node, const SettingInfo& setting) {
  if (const auto* text = node.as_string()) {
    // It would end a line of the log, or a field of a record, in its middle.
    if (text->get().find('\0') == std::string::npos) return text->get();
    fail(node, setting, "a text with a zero byte is of no use");
  }
  fail(node, setting, expected_of(setting));
}

std::string number_of(const toml::node& node, const SettingInfo& setting) {
  if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
  fail(node, setting, expected_of(setting));
}

std::string boolean_of(const toml::node& node, const SettingInfo& setting) {
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  fail(node, setting, expected_of(setting));
}

std::string property_of(const toml::node& node, const SettingInfo& setting) {
  if (node.is_integer()) return number_of(node, setting);
  if (node.is_boolean()) return boolean_of(node, setting);
  return text_of(node, setting);
}

// One element at a time is tried, so that an error has the line of the element that is wrong.
void try_value(const SettingsTable& table, const toml::node& node, const SettingInfo& setting, std::string value) {
  if (const auto good = table.check(setting, {std::move(value)}); !good) fail(node, setting, good.error());
}

Values list_of(const SettingsTable& table, const toml::node& node, const SettingInfo& setting) {
  const toml::array* array = node.as_array();
  if (array == nullptr) fail(node, setting, expected_of(setting));
  Values values;
  for (const toml::node& element : *array) {
    values.push_back(setting.shape == Shape::numbers ? number_of(element, setting) : text_of(element, setting));
    try_value(table, element, setting, values.back());
  }
  return values;
}

Values table_of(const SettingsTable& settings, const toml::node& node, const SettingInfo& setting) {
  const toml::table* table = node.as_table();
  if (table == nullptr) fail(node, setting, expected_of(setting));
  Values values;
  for (const auto& [key, element] : *table) {
    if (key.str().find('=') != std::string_view::npos)
      fail(element, setting, fmt::format("'{}' is no name of a property", key.str()));
    if (element.is_table())  // sasl.username = "x" without quotes around the name
      fail(element, setting, fmt::format("'{}': a name with dots must be in quotes", key.str()));
    values.push_back(fmt::format("{}={}", key.str(), property_of(element, setting)));
    try_value(settings, element, setting, values.back());
  }
  return values;
}

Values values_of(const SettingsTable& table, const toml::node& node, const SettingInfo& setting) {
  switch (setting.shape) {
    case Shape::text:
    case Shape::duration: return {text_of(node, setting)};
    case Shape::size: return {node.is_integer() ? number_of(node, setting) : text_of(node, setting)};
    case Shape::number: return {number_of(node, setting)};
    case Shape::boolean: return {boolean_of(node, setting)};
    case Shape::texts:
    case Shape::numbers: return list_of(table, node, setting);
    case Shape::table: return table_of(table, node, setting);
  }
  return {};
}

std::string section_hint(const SettingsTable& table, std::string_view name) {
  std::vector<std::string> names;
  for (const Section& section : table.sections()) names.emplace_back(section.name);
  const std::string hint = did_you_mean(name, names);
  return hint.empty() ? fmt::format(" (there are: {})", fmt::join(names, ", ")) : hint;
}

std::string key_hint(const SettingsTable& table, std::string_view section, std::string_view name) {
  std::vector<std::string> names;
  for (const SettingInfo* setting : table.infos()) {
    if (setting->section() == section) names.emplace_back(setting->name());
    // In the wrong section is worth more than a near name in the right one.
    if (setting->section() != section && setting->name() == name)
      return fmt::format(" (did you mean '{}'?)", setting->key);
  }
  return did_you_mean(name, names);
}

class Reader {
 public:
  Reader(const SettingsTable& table, std::string_view file_name) : table_(table), file_name_(file_name) {}

  void read_root(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (std::ranges::find(table_.sections(), name, &Section::name) == table_.sections().end())
        throw TomlError{line_of(key), fmt::format("unknown {} '{}'{}", node.is_table() ? "section" : "key", name,
                                                  section_hint(table_, name))};
      const toml::table* section = node.as_table();
      if (section == nullptr) throw TomlError{line_of(key), fmt::format("{} must be a section: [{}]", name, name)};
      read_section(name, *section);
    }
  }
  std::vector<Given> given() { return std::move(given_); }

 private:
  void read_section(std::string_view section, const toml::table& entries) {
    for (const auto& [key, node] : entries) {
      const SettingInfo* setting = table_.find(fmt::format("{}.{}", section, key.str()));
      if (setting == nullptr)
        throw TomlError{line_of(key),
                        fmt::format("unknown key '{}.{}'{}", section, key.str(), key_hint(table_, section, key.str()))};
      Values values = values_of(table_, node, *setting);
      if (const auto good = table_.check(*setting, values); !good) fail(node, *setting, good.error());
      given_.push_back({setting, fmt::format("{}:{}", file_name_, line_of(key)), std::move(values)});
    }
  }

  const SettingsTable& table_;
  std::string_view file_name_;
  std::vector<Given> given_;
};

std::string quoted(const std::string& text) {
  std::ostringstream out;
  const toml::value<std::string> value(text);
  out << toml::toml_formatter{value, toml::format_flags::none};
  return out.str();
}

std::string listed(const Values& values, const auto& element) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + element(value);
  return "[" + out + "]";
}

std::string value_in_toml(const SettingInfo& setting, const Values& values) {
  switch (setting.shape) {
    case Shape::number:
    case Shape::boolean: return values.front();
    case Shape::texts: return listed(values, quoted);
    case Shape::numbers: return listed(values, [](const std::string& value) { return value; });
    default: return quoted(values.front());
  }
}

// "# ..." in lines of at most 100 characters.
std::string comment(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::string out;
  std::string line = "#";
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word; line += " " + word) {
    if (line.size() + 1 + word.size() <= kWidth) continue;
    out += line + "\n";
    line = "#";
  }
  return out + line + "\n";
}

std::string in_toml(const SettingInfo& setting, const Values& values) {
  std::string out = "\n" + comment(fmt::format("{}: {}.{}", setting.type, setting.help,
                                               setting.reloadable ? " SIGHUP changes it." : ""));
  if (setting.shape != Shape::table)
    return out + fmt::format("{} = {}\n", setting.name(), value_in_toml(setting, values));
  out += fmt::format("[{}]\n", setting.key);
  for (const std::string& value : values) {
    const std::size_t equals = value.find('=');
    out += fmt::format("{} = {}\n", quoted(value.substr(0, equals)), quoted(value.substr(equals + 1)));
  }
  return out;
}

}  // namespace

Parsed<std::vector<Given>> given_in_toml(const SettingsTable& table, std::string_view text,
                                         std::string_view file_name) {
  try {
    Reader reader(table, file_name);
    reader.read_root(toml::parse(text));
    return reader.given();
  } catch (const TomlError& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.line, error.what));
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
}

Parsed<std::string> read_config_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::unexpected(fmt::format("{}: is a directory", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string to_toml(const SettingsTable& table, const std::function<Values(const SettingInfo&)>& show) {
  const ProgramName& program = table.program();
  std::string out = fmt::format(
      "# Configuration of {}. Every setting is also an option: {} is {},\n"
      "# and what is given there goes over what is given here. See {}(8).\n",
      program.name, program.example, option_of({.key = program.example}), program.name);
  for (const Section& section : table.sections()) {
    out += fmt::format("\n[{}]\n", section.name);
    for (const SettingInfo* setting : table.infos()) {
      if (setting->section() == section.name) out += in_toml(*setting, show(*setting));
    }
  }
  return out;
}

}  // namespace zonelag::service
