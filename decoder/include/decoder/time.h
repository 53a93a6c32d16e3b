// Event time: the capture's own clock, in UTC nanoseconds. Nothing in this room reads a clock of its own.
#pragma once

#include <chrono>

namespace zonelag::decoder {

using Duration = std::chrono::nanoseconds;
using Timestamp = std::chrono::sys_time<Duration>;

}  // namespace zonelag::decoder
