// One entry of a program's table of settings: the key in the file, the option, the help text, and how a value is read
// and shown.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/value_text.h"

namespace zonelag::service {

// How the value is written in TOML.
enum class Shape : std::uint8_t {
  text,      // "..."
  duration,  // "10s"
  size,      // "64MiB", or bytes as a number
  number,    // 53
  boolean,   // true
  texts,     // ["...", "..."]
  numbers,   // [53, 5353]
  table,     // a table of texts, numbers and booleans; as values "name=value"
};

using Values = std::vector<std::string>;  // one, but for texts, numbers and table

// What does not depend on the type of the program's config.
struct SettingInfo {
  std::string_view key;   // "kafka.brokers"
  std::string_view type;  // "FILE"; of one value
  std::string_view help;
  Shape shape = Shape::text;
  bool commas = false;                        // on the command line commas divide values
  bool reloadable = false;                    // SIGHUP can change it
  std::span<const std::string_view> choices;  // of a text; empty: any

  bool takes_many() const { return shape == Shape::texts || shape == Shape::numbers || shape == Shape::table; }
  std::string_view section() const { return key.substr(0, key.find('.')); }
  std::string_view name() const { return key.substr(key.find('.') + 1); }
};

template <typename Config>
struct Setting : SettingInfo {
  // Puts the values into the config; the error tells what was expected, without the key.
  std::function<Parsed<void>(Config&, const Values&)> take;
  // What take() makes the same config of.
  std::function<Values(const Config&)> show;
};

// "--kafka-client-id".
std::string option_of(const SettingInfo& setting);
// Values as a person reads them: "64MiB", "eth0, eth1", "none".
std::string shown(const Values& values);

}  // namespace zonelag::service
