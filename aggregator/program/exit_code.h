// Exit codes of `zonelag-aggregator`, as its manual page lists them.
#pragma once

#include "service/exit_code.h"

namespace zonelag::aggregator {

using service::kExitFailed;
using service::kExitOk;
using service::kExitUsage;
inline constexpr int kExitIncomplete = 3;  // --once: not everything could be read or sent

}  // namespace zonelag::aggregator
