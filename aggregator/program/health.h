// When an aggregator is not well, and when it has what it needs, in words that say what to look at.
#pragma once

#include <chrono>
#include <vector>

#include "runner_figures.h"
#include "service/health.h"

namespace zonelag::aggregator {

struct HealthRules {
  std::chrono::seconds progress{120};  // a runner's loop that has not come round for so long
};

// GET /healthz: the process does its work or waits for somebody else's: a restart would change nothing.
service::Health health_of(const std::vector<RunnerFigures>& runners, SteadyTime now, const HealthRules& rules = {});
// GET /readyz: every database is there, its inventory is good, and Kafka has given partitions.
service::Health readiness_of(const std::vector<RunnerFigures>& runners);

}  // namespace zonelag::aggregator
