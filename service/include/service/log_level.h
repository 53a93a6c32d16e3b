// What whoever writes a log line must know, and no more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace zonelag::service {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { error, warning, info, debug };
// From any thread; one line each.
using LogLine = std::function<void(LogLevel, const std::string&)>;

}  // namespace zonelag::service
