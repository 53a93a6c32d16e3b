#include "health.h"

#include <fmt/format.h>

namespace zonelag::aggregator {
namespace {

std::string waits_for(const RunnerFigures& runner) {
  switch (runner.state) {
    case RunnerState::starting: return "it is starting";
    case RunnerState::waiting: return fmt::format("the database: {}", runner.problem);
    case RunnerState::fenced: return fmt::format("its state is read again: {}", runner.problem);
    case RunnerState::blocked: return "Kafka does not take the results";
    case RunnerState::contradiction: return fmt::format("the inventory: {}", runner.problem);
    case RunnerState::ended: return "it has ended";
    case RunnerState::running: break;
  }
  if (!runner.feed.empty()) return runner.feed;
  return runner.partitions == 0 ? "Kafka has given it no partition" : "";
}

}  // namespace

service::Health health_of(const std::vector<RunnerFigures>& runners, SteadyTime now, const HealthRules& rules) {
  service::Health health;
  for (const RunnerFigures& runner : runners) {
    const auto still = std::chrono::duration_cast<std::chrono::seconds>(now - runner.progress);
    if (runner.state == RunnerState::ended) {
      health.reasons.push_back(fmt::format("{}: has ended", runner.database));
    } else if (still > rules.progress) {
      health.reasons.push_back(fmt::format("{}: no progress for {} s", runner.database, still.count()));
    } else if (const std::string what = waits_for(runner); !what.empty()) {
      health.notes.push_back(fmt::format("{}: {}", runner.database, what));
    }
    if (!runner.inventory.empty()) {
      health.notes.push_back(fmt::format("{}: the inventory: {}", runner.database, runner.inventory));
    }
    if (!runner.upkeep.empty()) {
      health.notes.push_back(fmt::format("{}: the tables' partitions: {}", runner.database, runner.upkeep));
    }
  }
  return health;
}

service::Health readiness_of(const std::vector<RunnerFigures>& runners) {
  service::Health ready;
  for (const RunnerFigures& runner : runners) {
    if (const std::string what = waits_for(runner); !what.empty()) {
      ready.reasons.push_back(fmt::format("{}: {}", runner.database, what));
    }
  }
  return ready;
}

}  // namespace zonelag::aggregator
