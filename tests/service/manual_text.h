// The part of a program's manual page that its table of settings makes.
#pragma once

#include <string>
#include <string_view>

#include "service/settings.h"

namespace zonelag::service {

// With what roff would take for its own escaped.
std::string roff(std::string_view text);

// A section for each section, and in it type, help text, default, and whether SIGHUP changes it.
std::string settings_in_roff(const SettingsTable& table);

}  // namespace zonelag::service
