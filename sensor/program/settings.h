// All settings of zonelag-sensor in one table: the key in the file, the option, the help text, the default, and how a
// value is read and shown. The file's reader, the command line, --help, --print-config, the manual page and what SIGHUP
// may change all come from it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "value_text.h"

namespace zonelag::sensor {

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

struct Setting {
  std::string_view key;   // "kafka.brokers"
  std::string_view type;  // "FILE"; of one value
  std::string_view help;
  Shape shape = Shape::text;
  bool commas = false;                        // on the command line commas divide values
  bool reloadable = false;                    // SIGHUP can change it
  std::span<const std::string_view> choices;  // of a text; empty: any
  // Puts the values into the config; the error tells what was expected, without the key.
  std::function<Parsed<void>(SensorConfig&, const Values&)> take;
  // What take() makes the same config of.
  std::function<Values(const SensorConfig&)> show;

  bool takes_many() const { return shape == Shape::texts || shape == Shape::numbers || shape == Shape::table; }
  std::string_view section() const { return key.substr(0, key.find('.')); }
  std::string_view name() const { return key.substr(key.find('.') + 1); }
};

struct Section {
  std::string_view name;   // "kafka"
  std::string_view title;  // "Kafka"
};

std::span<const Section> sections();
// By section, in order of sections().
std::span<const Setting> settings();
const Setting* find_setting(std::string_view key);

// "--kafka-client-id".
std::string option_of(const Setting& setting);
// As a person reads it: "64MiB", "eth0, eth1", "none".
std::string default_of(const Setting& setting);

// What follows from other settings: DPDK's queues, ports and filter are those of [capture], and so are the decoder's
// ports. After all settings were taken.
void derive(SensorConfig& config);

}  // namespace zonelag::sensor
