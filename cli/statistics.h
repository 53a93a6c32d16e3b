// --statistics: the counters of every stage, one sensor after the other, on standard error.
#pragma once

#include "sensor/replay.h"

namespace zonelag::cli {

void print_statistics(const sensor::Replay& replay);

}  // namespace zonelag::cli
