// What zonelag-aggregator does, by command; each gives the exit code.
#pragma once

#include "options.h"

namespace zonelag::aggregator {

// The command of `line`, with its configuration loaded and checked.
int run_command(const CommandLine& line);

}  // namespace zonelag::aggregator
