// Settings that every program has, by the same names and in the same words.
#pragma once

#include <array>

#include "service/log_level.h"
#include "service/setting_kinds.h"

namespace zonelag::service {

inline constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};
inline constexpr std::array<std::string_view, 4> kLogLevels{"error", "warning", "info", "debug"};

// Of a std::string as HttpServer::open() takes it; empty: off.
template <typename Field>
SettingOf<Field> metrics_listen(Field field) {
  return single("metrics.listen", "ADDRESS:PORT", "where Prometheus finds the metrics, and the health; off: nowhere",
                field, parse_listen,
                [](const std::string& listen) { return listen.empty() ? std::string("off") : listen; });
}

// Of a LogFormat.
template <typename Field>
SettingOf<Field> log_format(Field field) {
  return reloadable(choice("log.format", "FORMAT", "text or json, on standard error", field, kLogFormats));
}

// Of a std::string that parse_log_level() knows.
template <typename Field>
SettingOf<Field> log_level(Field field) {
  return reloadable(word("log.level", "LEVEL", "error, warning, info or debug", field, kLogLevels));
}

// Of a bool.
template <typename Field>
SettingOf<Field> seccomp(Field field) {
  return boolean("privileges.seccomp", "allow only the system calls that are needed", field);
}

}  // namespace zonelag::service
