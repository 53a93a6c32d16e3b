// One scenario, to a file or to an interface.
#pragma once

#include "options.h"

namespace zonelag::traffic {

/// Prints the summary. Returns the exit code; what went wrong is said on stderr.
int run(const Options& options);

}  // namespace zonelag::traffic
