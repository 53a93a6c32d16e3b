// Exit codes of `zonelag`, as its manual page lists them.
#pragma once

namespace zonelag::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         // nothing was printed
inline constexpr int kExitUsage = 2;          // unknown option, contradictory options
inline constexpr int kExitIncomplete = 3;     // results were printed, but part of the input could not be used
inline constexpr int kExitInterrupted = 130;  // Ctrl-C: results of what had been read

}  // namespace zonelag::cli
