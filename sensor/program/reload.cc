#include "reload.h"

#include <cassert>

namespace zonelag::sensor {

ReloadResult compare_for_reload(const SensorConfig& running, const SensorConfig& wanted) {
  ReloadResult result;
  for (const Setting& setting : settings()) {
    if (setting.show(running) != setting.show(wanted))
      (setting.reloadable ? result.now : result.restart).push_back(setting.key);
  }
  return result;
}

SensorConfig reloaded(const SensorConfig& running, const SensorConfig& wanted) {
  SensorConfig result = running;
  for (const Setting& setting : settings()) {
    if (!setting.reloadable) continue;
    [[maybe_unused]] const Parsed<void> taken = setting.take(result, setting.show(wanted));
    assert(taken);
  }
  return result;
}

}  // namespace zonelag::sensor
