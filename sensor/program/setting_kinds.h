// Makers of the table's entries, one for each kind of value. A `field` says where in the config the value is.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "settings.h"

namespace zonelag::sensor {

// field(&SensorConfig::kafka, &KafkaConfig::topic)(config) is config.kafka.topic.
template <typename... Members>
auto field(Members... members) {
  return [=](auto& config) -> auto& { return (config.*....*members); };
}

// `parse` makes a Parsed<> of a text, `show` a text of the field.
template <typename Field>
Setting single(std::string_view key, std::string_view type, std::string_view help, Field field, auto parse, auto show) {
  Setting setting{.key = key, .type = type, .help = help};
  setting.take = [field, parse](SensorConfig& config, const Values& values) -> Parsed<void> {
    auto value = parse(values.front());
    if (!value) return std::unexpected(std::move(value.error()));
    auto& into = field(config);
    into = static_cast<std::remove_cvref_t<decltype(into)>>(*std::move(value));
    return {};
  };
  setting.show = [field, show](const SensorConfig& config) { return Values{show(field(config))}; };
  return setting;
}

inline const auto kAsItIs = [](const std::string& text) { return text; };

template <typename Field>
Setting text(std::string_view key, std::string_view type, std::string_view help, Field field) {
  return single(key, type, help, field, [](const std::string& value) { return Parsed<std::string>(value); }, kAsItIs);
}

template <typename Field>
Setting boolean(std::string_view key, std::string_view help, Field field) {
  Setting setting =
      single(key, "true|false", help, field, parse_boolean, [](bool value) { return value ? "true" : "false"; });
  setting.shape = Shape::boolean;
  return setting;
}

template <typename Field>
Setting number(std::string_view key, std::string_view help, Field field, Range<std::uint64_t> range) {
  Setting setting = single(
      key, "NUMBER", help, field, [range](const std::string& value) { return parse_number(value, range); },
      [](std::uint64_t value) { return fmt::to_string(value); });
  setting.shape = Shape::number;
  return setting;
}

template <typename Field>
Setting size(std::string_view key, std::string_view help, Field field, Range<std::uint64_t> range) {
  Setting setting = single(
      key, "SIZE", help, field, [range](const std::string& value) { return parse_size(value, range); }, show_size);
  setting.shape = Shape::size;
  return setting;
}

template <typename Field>
Setting duration(std::string_view key, std::string_view help, Field field, Range<decoder::Duration> range) {
  using Kept = std::remove_cvref_t<decltype(field(std::declval<SensorConfig&>()))>;
  const auto parse = [range](const std::string& value) -> Parsed<Kept> {
    const auto parsed = parse_duration(value, range, Kept(1));
    if (!parsed) return std::unexpected(parsed.error());
    return std::chrono::duration_cast<Kept>(*parsed);
  };
  Setting setting = single(key, "DURATION", help, field, parse, [](Kept value) { return show_duration(value); });
  setting.shape = Shape::duration;
  return setting;
}

Parsed<std::string> one_of(std::string_view text, std::span<const std::string_view> choices);

// One of some words that are kept as they are.
template <typename Field>
Setting word(std::string_view key, std::string_view type, std::string_view help, Field field,
             std::span<const std::string_view> choices) {
  Setting setting =
      single(key, type, help, field, [choices](const std::string& value) { return one_of(value, choices); }, kAsItIs);
  setting.choices = choices;
  return setting;
}

// One of some words, the first for the enumerator 0 and so on.
template <typename Field>
Setting choice(std::string_view key, std::string_view type, std::string_view help, Field field,
               std::span<const std::string_view> choices) {
  using Enum = std::remove_cvref_t<decltype(field(std::declval<SensorConfig&>()))>;
  const auto parse = [choices](const std::string& value) -> Parsed<Enum> {
    const auto found = one_of(value, choices);
    if (!found) return std::unexpected(found.error());
    return static_cast<Enum>(std::ranges::find(choices, *found) - choices.begin());
  };
  const auto show = [choices](Enum value) { return std::string(choices[static_cast<std::size_t>(value)]); };
  Setting setting = single(key, type, help, field, parse, show);
  setting.choices = choices;
  return setting;
}

// Replaces the field's elements; `parse` and `show` are of one.
template <typename Field>
Setting list(std::string_view key, std::string_view type, std::string_view help, Field field, auto parse, auto show) {
  Setting setting{.key = key, .type = type, .help = help, .shape = Shape::texts, .commas = true};
  setting.take = [field, parse](SensorConfig& config, const Values& values) -> Parsed<void> {
    auto& into = field(config);
    std::remove_cvref_t<decltype(into)> elements;
    for (const std::string& text : values) {
      auto element = parse(text);
      if (!element) return std::unexpected(std::move(element.error()));
      elements.push_back(static_cast<typename decltype(elements)::value_type>(*std::move(element)));
    }
    into = std::move(elements);
    return {};
  };
  setting.show = [field, show](const SensorConfig& config) {
    Values values;
    for (const auto& element : field(config)) values.push_back(show(element));
    return values;
  };
  return setting;
}

inline Setting reloadable(Setting setting) {
  setting.reloadable = true;
  return setting;
}

// The parts of the table.
void add_capture_settings(std::vector<Setting>& table);  // sensor, capture, signals, limits
void add_publish_settings(std::vector<Setting>& table);  // kafka, spool, output
void add_program_settings(std::vector<Setting>& table);  // metrics, log, privileges, dpdk

}  // namespace zonelag::sensor
