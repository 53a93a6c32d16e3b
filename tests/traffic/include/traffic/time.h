// The generator's time: capture time only, never the wall clock, so that equal arguments give equal bytes.
#pragma once

#include <chrono>

namespace zonelag::traffic {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::sys_time<Duration>;

/// 2026-01-01T00:00:00Z, the capture time of a scenario's first packet unless told otherwise.
inline constexpr Time kDefaultStart{std::chrono::seconds{1767225600}};

}  // namespace zonelag::traffic
