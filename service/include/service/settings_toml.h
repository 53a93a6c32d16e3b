// The configuration file: TOML, read with the line of every error, and written as an example or as what is in effect.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/settings.h"

namespace zonelag::service {

// What `text` gives, each at its "FILE:LINE". Error: "FILE:LINE: KEY: what was expected".
Parsed<std::vector<Given>> given_in_toml(const SettingsTable& table, std::string_view text, std::string_view file_name);
// The whole file. Error: one line that names it.
Parsed<std::string> read_config_file(const std::string& path);
// A file with every setting and what it does; parse_settings() makes of it what `show` told.
std::string to_toml(const SettingsTable& table, const std::function<Values(const SettingInfo&)>& show);

// Puts what `text` gives over `config`; on an error `config` is as it was.
template <typename Config>
Parsed<void> parse_settings(const Settings<Config>& settings, std::string_view text, std::string_view file_name,
                            Config& config, Origins& origins) {
  auto given = given_in_toml(settings, text, file_name);
  if (!given) return std::unexpected(std::move(given.error()));
  for (Given& one : *given) {
    if (auto taken = settings.take(*one.setting, config, one.values); !taken) return taken;
    origins.insert_or_assign(std::string(one.setting->key), std::move(one.origin));
  }
  return {};
}

// The same of a file.
template <typename Config>
Parsed<void> read_settings(const Settings<Config>& settings, const std::string& path, Config& config,
                           Origins& origins) {
  const auto text = read_config_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_settings(settings, *text, path, config, origins);
}

template <typename Config>
std::string to_toml(const Settings<Config>& settings, const Config& config) {
  return to_toml(settings, [&](const SettingInfo& setting) { return settings.show(setting, config); });
}

}  // namespace zonelag::service
