#include "settings_toml.h"

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

namespace zonelag::sensor {
namespace {

// Thrown and caught within this file, so that each reader below reads as a list of steps.
struct TomlError {
  std::uint32_t line;
  std::string what;
};

std::uint32_t line_of(const toml::node& node) { return static_cast<std::uint32_t>(node.source().begin.line); }
std::uint32_t line_of(const toml::key& key) { return static_cast<std::uint32_t>(key.source().begin.line); }

std::string_view expected_of(Shape shape) {
  switch (shape) {
    case Shape::text: return "must be a text in quotes";
    case Shape::duration: return "must be a duration in quotes, as in \"10s\"";
    case Shape::size: return "must be a size in quotes, as in \"64MiB\", or a number of bytes";
    case Shape::number: return "must be a number without quotes";
    case Shape::boolean: return "must be true or false, without quotes";
    case Shape::texts: return "must be a list of texts in quotes, as in [\"one\", \"two\"]";
    case Shape::numbers: return "must be a list of numbers, as in [53, 5353]";
    case Shape::table: return "must be a table of texts, numbers, true and false: [kafka.properties]";
  }
  return "";
}

[[noreturn]] void fail(const toml::node& node, const Setting& setting, std::string_view what) {
  throw TomlError{line_of(node), fmt::format("{}: {}", setting.key, what)};
}

std::string text_of(const toml::node& node, const Setting& setting) {
  if (const auto* text = node.as_string()) {
    // It would end a line of the log, or a field of a record, in its middle.
    if (text->get().find('\0') == std::string::npos) return text->get();
    fail(node, setting, "a text with a zero byte is of no use");
  }
  fail(node, setting, expected_of(setting.shape));
}

std::string number_of(const toml::node& node, const Setting& setting) {
  if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
  fail(node, setting, expected_of(setting.shape));
}

std::string boolean_of(const toml::node& node, const Setting& setting) {
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  fail(node, setting, expected_of(setting.shape));
}

std::string property_of(const toml::node& node, const Setting& setting) {
  if (node.is_integer()) return number_of(node, setting);
  if (node.is_boolean()) return boolean_of(node, setting);
  return text_of(node, setting);
}

// One element at a time is tried, so that an error has the line of the element that is wrong.
void try_value(const toml::node& node, const Setting& setting, std::string value) {
  SensorConfig scratch;
  if (const auto taken = setting.take(scratch, {std::move(value)}); !taken) fail(node, setting, taken.error());
}

Values list_of(const toml::node& node, const Setting& setting) {
  const toml::array* array = node.as_array();
  if (array == nullptr) fail(node, setting, expected_of(setting.shape));
  Values values;
  for (const toml::node& element : *array) {
    values.push_back(setting.shape == Shape::numbers ? number_of(element, setting) : text_of(element, setting));
    try_value(element, setting, values.back());
  }
  return values;
}

Values table_of(const toml::node& node, const Setting& setting) {
  const toml::table* table = node.as_table();
  if (table == nullptr) fail(node, setting, expected_of(setting.shape));
  Values values;
  for (const auto& [key, element] : *table) {
    if (key.str().find('=') != std::string_view::npos)
      fail(element, setting, fmt::format("'{}' is no name of a property", key.str()));
    if (element.is_table())  // sasl.username = "x" without quotes around the name
      fail(element, setting, fmt::format("'{}': a name with dots must be in quotes", key.str()));
    values.push_back(fmt::format("{}={}", key.str(), property_of(element, setting)));
    try_value(element, setting, values.back());
  }
  return values;
}

Values values_of(const toml::node& node, const Setting& setting) {
  switch (setting.shape) {
    case Shape::text:
    case Shape::duration: return {text_of(node, setting)};
    case Shape::size: return {node.is_integer() ? number_of(node, setting) : text_of(node, setting)};
    case Shape::number: return {number_of(node, setting)};
    case Shape::boolean: return {boolean_of(node, setting)};
    case Shape::texts:
    case Shape::numbers: return list_of(node, setting);
    case Shape::table: return table_of(node, setting);
  }
  return {};
}

std::string section_hint(std::string_view name) {
  std::vector<std::string> names;
  for (const Section& section : sections()) names.emplace_back(section.name);
  const std::string hint = service::did_you_mean(name, names);
  return hint.empty() ? fmt::format(" (there are: {})", fmt::join(names, ", ")) : hint;
}

std::string key_hint(std::string_view section, std::string_view name) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    if (setting.section() == section) names.emplace_back(setting.name());
    // In the wrong section is worth more than a near name in the right one.
    if (setting.section() != section && setting.name() == name)
      return fmt::format(" (did you mean '{}'?)", setting.key);
  }
  return service::did_you_mean(name, names);
}

void read_section(std::string_view section, const toml::table& table, std::string_view file_name, SensorConfig& config,
                  Origins& origins) {
  for (const auto& [key, node] : table) {
    const Setting* setting = find_setting(fmt::format("{}.{}", section, key.str()));
    if (setting == nullptr)
      throw TomlError{line_of(key),
                      fmt::format("unknown key '{}.{}'{}", section, key.str(), key_hint(section, key.str()))};
    if (const auto taken = setting->take(config, values_of(node, *setting)); !taken)
      fail(node, *setting, taken.error());
    origins.insert_or_assign(std::string(setting->key), fmt::format("{}:{}", file_name, line_of(key)));
  }
}

void read_root(const toml::table& root, std::string_view file_name, SensorConfig& config, Origins& origins) {
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    if (std::ranges::find(sections(), name, &Section::name) == sections().end())
      throw TomlError{line_of(key),
                      fmt::format("unknown {} '{}'{}", node.is_table() ? "section" : "key", name, section_hint(name))};
    const toml::table* table = node.as_table();
    if (table == nullptr) throw TomlError{line_of(key), fmt::format("{} must be a section: [{}]", name, name)};
    read_section(name, *table, file_name, config, origins);
  }
}

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

std::string value_in_toml(const Setting& setting, const Values& values) {
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

std::string in_toml(const Setting& setting, const SensorConfig& config) {
  const Values values = setting.show(config);
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

Parsed<void> parse_settings(std::string_view text, std::string_view file_name, SensorConfig& config, Origins& origins) {
  try {
    SensorConfig read = config;
    Origins found = origins;
    read_root(toml::parse(text), file_name, read, found);
    config = std::move(read);
    origins = std::move(found);
    return {};
  } catch (const TomlError& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.line, error.what));
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
}

Parsed<void> read_settings(const std::string& path, SensorConfig& config, Origins& origins) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::unexpected(fmt::format("{}: is a directory", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse_settings(text, path, config, origins);
}

std::string to_toml(const SensorConfig& config) {
  std::string out =
      "# Configuration of zonelag-sensor. Every setting is also an option: kafka.topic is --kafka-topic,\n"
      "# and what is given there goes over what is given here. See zonelag-sensor(8).\n";
  for (const Section& section : sections()) {
    out += fmt::format("\n[{}]\n", section.name);
    for (const Setting& setting : settings()) {
      if (setting.section() == section.name) out += in_toml(setting, config);
    }
  }
  return out;
}

}  // namespace zonelag::sensor
