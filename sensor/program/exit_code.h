// Exit codes of `zonelag-sensor`, as its manual page lists them.
#pragma once

namespace zonelag::sensor {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;      // could not start, or could not write what it had
inline constexpr int kExitUsage = 2;       // command line or configuration
inline constexpr int kExitIncomplete = 3;  // --read: part of the input could not be used
inline constexpr int kExitRestart = 75;    // EX_TEMPFAIL of sysexits.h: only a new start can capture again

}  // namespace zonelag::sensor
