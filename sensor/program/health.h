// When a sensor is not well, in words that say what to look at.
#pragma once

#include <chrono>

#include "figures.h"
#include "service/health.h"

namespace zonelag::sensor {

struct HealthRules {
  std::chrono::seconds worker_progress{10};  // a worker's loop that has not come round for so long
  std::chrono::seconds delivery{60};         // records wait, and none was delivered for so long
  std::chrono::seconds drops{60};            // drops count as present for so long
};

// `now` on the clock of WorkerFigures::progress and RecentChanges.
service::Health health_of(const SensorFigures& figures, SteadyTime now, const HealthRules& rules = {});

}  // namespace zonelag::sensor
