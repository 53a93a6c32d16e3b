// SIGHUP: what of a new configuration can take effect at once.
#pragma once

#include <cassert>
#include <string_view>
#include <utility>
#include <vector>

#include "service/config_problem.h"
#include "service/options.h"

namespace zonelag::service {

class Log;

// The configuration anew, where `check` finds no error in it; else the first thing that is wrong, in one line.
template <typename Config, typename Check>
Parsed<Config> reread(Parsed<Loaded<Config>> loaded, const Check& check) {
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const ConfigCheck found = check(loaded->config);
  if (!found.errors.empty()) return std::unexpected(describe(found.errors.front(), loaded->origins));
  return std::move(loaded->config);
}

// Keys of the settings that differ.
struct ReloadResult {
  std::vector<std::string_view> now;
  std::vector<std::string_view> restart;
};

// What was changed, and what waits for a restart.
void tell(const ReloadResult& changes, Log& log);

template <typename Config>
ReloadResult compare_for_reload(const Settings<Config>& settings, const Config& running, const Config& wanted) {
  ReloadResult result;
  for (const Setting<Config>& setting : settings) {
    if (setting.show(running) != setting.show(wanted))
      (setting.reloadable ? result.now : result.restart).push_back(setting.key);
  }
  return result;
}

// `running` with those settings of `wanted` that can take effect now.
template <typename Config>
Config reloaded(const Settings<Config>& settings, const Config& running, const Config& wanted) {
  Config result = running;
  for (const Setting<Config>& setting : settings) {
    if (!setting.reloadable) continue;
    [[maybe_unused]] const Parsed<void> taken = setting.take(result, setting.show(wanted));
    assert(taken);
  }
  return result;
}

}  // namespace zonelag::service
