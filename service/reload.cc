#include "service/reload.h"

#include <fmt/format.h>

#include "service/log.h"

namespace zonelag::service {

void tell(const ReloadResult& changes, Log& log) {
  log.info("reloaded", {{"changed", changes.now.empty() ? "nothing" : fmt::format("{}", fmt::join(changes.now, ","))}});
  if (changes.restart.empty()) return;
  log.warning("reload: needs a restart to take effect",
              {{"settings", fmt::format("{}", fmt::join(changes.restart, ","))}});
}

}  // namespace zonelag::service
