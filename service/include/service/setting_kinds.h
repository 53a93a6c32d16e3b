// Makers of the table's entries, one for each kind of value. A `field` says where in the config the value is.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "service/setting.h"

namespace zonelag::service {

// Where in a Config_ a value is.
template <typename Config_, typename Get>
struct ConfigField {
  using Config = Config_;
  using Value = std::remove_cvref_t<std::invoke_result_t<const Get&, Config&>>;

  Value& operator()(Config& config) const { return get(config); }
  const Value& operator()(const Config& config) const { return get(config); }
  // Further in: field(&SensorConfig::kafka).then(&KafkaConfig::topic).
  template <typename... Members>
  auto then(Members... members) const {
    const auto further = [=, outer = get](auto& config) -> auto& { return (outer(config).*....*members); };
    return ConfigField<Config, std::remove_const_t<decltype(further)>>{further};
  }

  Get get;
};

// field(&SensorConfig::kafka, &KafkaConfig::topic)(config) is config.kafka.topic.
template <typename Config, typename First, typename... Members>
auto field(First Config::* first, Members... members) {
  const auto get = [=](auto& config) -> auto& { return ((config.*first).*....*members); };
  return ConfigField<Config, std::remove_const_t<decltype(get)>>{get};
}

template <typename Field>
using SettingOf = Setting<typename Field::Config>;

// `parse` makes a Parsed<> of a text, `show` a text of the field.
template <typename Field>
SettingOf<Field> single(std::string_view key, std::string_view type, std::string_view help, Field field, auto parse,
                        auto show) {
  using Config = typename Field::Config;
  Setting<Config> setting{{.key = key, .type = type, .help = help}};
  setting.take = [field, parse](Config& config, const Values& values) -> Parsed<void> {
    auto value = parse(values.front());
    if (!value) return std::unexpected(std::move(value.error()));
    field(config) = static_cast<typename Field::Value>(*std::move(value));
    return {};
  };
  setting.show = [field, show](const Config& config) { return Values{show(field(config))}; };
  return setting;
}

inline const auto kAsItIs = [](const std::string& text) { return text; };

template <typename Field>
SettingOf<Field> text(std::string_view key, std::string_view type, std::string_view help, Field field) {
  return single(key, type, help, field, [](const std::string& value) { return Parsed<std::string>(value); }, kAsItIs);
}

template <typename Field>
SettingOf<Field> boolean(std::string_view key, std::string_view help, Field field) {
  SettingOf<Field> setting =
      single(key, "true|false", help, field, parse_boolean, [](bool value) { return value ? "true" : "false"; });
  setting.shape = Shape::boolean;
  return setting;
}

template <typename Field>
SettingOf<Field> number(std::string_view key, std::string_view help, Field field, Range<std::uint64_t> range) {
  SettingOf<Field> setting = single(
      key, "NUMBER", help, field, [range](const std::string& value) { return parse_number(value, range); },
      [](std::uint64_t value) { return fmt::to_string(value); });
  setting.shape = Shape::number;
  return setting;
}

template <typename Field>
SettingOf<Field> size(std::string_view key, std::string_view help, Field field, Range<std::uint64_t> range) {
  SettingOf<Field> setting = single(
      key, "SIZE", help, field, [range](const std::string& value) { return parse_size(value, range); }, show_size);
  setting.shape = Shape::size;
  return setting;
}

template <typename Field>
SettingOf<Field> duration(std::string_view key, std::string_view help, Field field, Range<decoder::Duration> range) {
  using Kept = typename Field::Value;
  const auto parse = [range](const std::string& value) -> Parsed<Kept> {
    const auto parsed = parse_duration(value, range, Kept(1));
    if (!parsed) return std::unexpected(parsed.error());
    return std::chrono::duration_cast<Kept>(*parsed);
  };
  SettingOf<Field> setting =
      single(key, "DURATION", help, field, parse, [](Kept value) { return show_duration(value); });
  setting.shape = Shape::duration;
  return setting;
}

Parsed<std::string> one_of(std::string_view text, std::span<const std::string_view> choices);

// One of some words that are kept as they are.
template <typename Field>
SettingOf<Field> word(std::string_view key, std::string_view type, std::string_view help, Field field,
                      std::span<const std::string_view> choices) {
  SettingOf<Field> setting =
      single(key, type, help, field, [choices](const std::string& value) { return one_of(value, choices); }, kAsItIs);
  setting.choices = choices;
  return setting;
}

// One of some words, the first for the enumerator 0 and so on.
template <typename Field>
SettingOf<Field> choice(std::string_view key, std::string_view type, std::string_view help, Field field,
                        std::span<const std::string_view> choices) {
  using Enum = typename Field::Value;
  const auto parse = [choices](const std::string& value) -> Parsed<Enum> {
    const auto found = one_of(value, choices);
    if (!found) return std::unexpected(found.error());
    return static_cast<Enum>(std::ranges::find(choices, *found) - choices.begin());
  };
  const auto show = [choices](Enum value) { return std::string(choices[static_cast<std::size_t>(value)]); };
  SettingOf<Field> setting = single(key, type, help, field, parse, show);
  setting.choices = choices;
  return setting;
}

// Replaces the field's elements; `parse` and `show` are of one.
template <typename Field>
SettingOf<Field> list(std::string_view key, std::string_view type, std::string_view help, Field field, auto parse,
                      auto show) {
  using Config = typename Field::Config;
  Setting<Config> setting{{.key = key, .type = type, .help = help, .shape = Shape::texts, .commas = true}};
  setting.take = [field, parse](Config& config, const Values& values) -> Parsed<void> {
    typename Field::Value elements;
    for (const std::string& text : values) {
      auto element = parse(text);
      if (!element) return std::unexpected(std::move(element.error()));
      elements.push_back(static_cast<typename Field::Value::value_type>(*std::move(element)));
    }
    field(config) = std::move(elements);
    return {};
  };
  setting.show = [field, show](const Config& config) {
    Values values;
    for (const auto& element : field(config)) values.push_back(show(element));
    return values;
  };
  return setting;
}

template <typename Config>
Setting<Config> reloadable(Setting<Config> setting) {
  setting.reloadable = true;
  return setting;
}

}  // namespace zonelag::service
