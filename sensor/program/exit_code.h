// Exit codes of `zonelag-sensor`, as its manual page lists them.
#pragma once

#include "service/exit_code.h"

namespace zonelag::sensor {

using service::kExitFailed;
using service::kExitOk;
using service::kExitUsage;
inline constexpr int kExitIncomplete = 3;  // --read: part of the input could not be used
inline constexpr int kExitRestart = 75;    // EX_TEMPFAIL of sysexits.h: only a new start can capture again

}  // namespace zonelag::sensor
