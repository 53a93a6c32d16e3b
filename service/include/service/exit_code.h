// Exit codes that all programs have in common.
#pragma once

namespace zonelag::service {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // could not start, or could not write what it had
inline constexpr int kExitUsage = 2;   // command line or configuration

}  // namespace zonelag::service
