// The sub-commands: each wires rooms together, runs, and returns the exit code. They throw UsageError.
#pragma once

#include "interrupt.h"
#include "options.h"

namespace zonelag::cli {

int replay(const ReplayOptions& options, Interrupt& interrupt);
int explain(const ExplainOptions& options, Interrupt& interrupt);
int report(const ReportOptions& options);
int inventory(const InventoryOptions& options);
int db(const DbOptions& options);
int topics(const TopicsOptions& options);

}  // namespace zonelag::cli
