// What zonelag-sensor does, by command; each gives the exit code.
#pragma once

#include <string>

#include "options.h"

namespace zonelag::sensor {

// One line to standard error, behind the program's name.
void complain(const std::string& line);

// The command of `line`, with its configuration loaded and checked.
int run_command(const CommandLine& line);

}  // namespace zonelag::sensor
