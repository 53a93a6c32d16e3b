// SIGHUP: what of a new configuration can take effect at once.
#pragma once

#include <cassert>
#include <string_view>
#include <vector>

#include "service/settings.h"

namespace zonelag::service {

// Keys of the settings that differ.
struct ReloadResult {
  std::vector<std::string_view> now;
  std::vector<std::string_view> restart;
};

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
