// The sub-commands: each wires rooms together, runs, and returns the exit code.
#pragma once

#include "interrupt.h"
#include "options.h"

namespace zonelag::cli {

int replay(const ReplayOptions& options, const Interrupt& interrupt);
int explain(const ExplainOptions& options, const Interrupt& interrupt);

}  // namespace zonelag::cli
