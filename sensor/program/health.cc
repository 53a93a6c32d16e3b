#include "health.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace zonelag::sensor {
namespace {

using service::Health;

std::int64_t seconds_since(SteadyTime then, SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

bool is_recent(SteadyTime then, SteadyTime now, std::chrono::seconds window) {
  return then != SteadyTime{} && now - then <= window;
}

void check_workers(const SensorFigures& figures, SteadyTime now, const HealthRules& rules, Health& health) {
  for (std::size_t index = 0; index < figures.workers.size(); ++index) {
    const WorkerFigures& worker = figures.workers[index];
    if (worker.ended) {
      health.reasons.push_back(fmt::format("capture worker {} has ended: nothing more is captured by it", index));
    } else if (now - worker.progress > rules.worker_progress) {
      health.reasons.push_back(
          fmt::format("capture worker {} has made no progress for {} s", index, seconds_since(worker.progress, now)));
    }
  }
}

void check_interfaces(const SensorFigures& figures, Health& health) {
  const auto down = std::ranges::count_if(figures.interfaces, [](const auto& interface) { return !interface.up; });
  if (down == 0) return;
  auto& list = down == std::ssize(figures.interfaces) ? health.reasons : health.notes;
  for (const auto& interface : figures.interfaces) {
    if (!interface.up) list.push_back(fmt::format("interface {} is down or gone", interface.name));
  }
}

void check_delivery(const SensorFigures& figures, SteadyTime now, const HealthRules& rules, Health& health) {
  if (!figures.kafka) return;
  if (is_recent(figures.recent.spool_dropped, now, rules.drops)) {
    health.reasons.push_back(
        fmt::format("the spool gives up events undelivered: {} since the start", figures.spool.dropped()));
  }
  if (figures.spool.write_error != 0) {
    health.reasons.push_back(
        fmt::format("the spool's disk takes no events: {}", std::strerror(figures.spool.write_error)));
  }
  if (figures.spool.waiting_records > 0 && now - figures.recent.settled > rules.delivery) {
    health.reasons.push_back(fmt::format("{} events wait, none was delivered for {} s{}{}",
                                         figures.spool.waiting_records, seconds_since(figures.recent.settled, now),
                                         figures.producer.problem.empty() ? "" : ": ", figures.producer.problem));
  }
}

void check_notes(const SensorFigures& figures, SteadyTime now, const HealthRules& rules, Health& health) {
  if (is_recent(figures.recent.capture_dropped, now, rules.drops)) {
    health.notes.emplace_back("packets are dropped before they reach us: more workers or a larger ring help");
  }
  if (is_recent(figures.recent.queue_dropped, now, rules.drops)) {
    health.notes.emplace_back("events are dropped between workers and spool: the disk or the CPU is too slow");
  }
  switch (figures.clock.sync) {
    case decoder::ClockSync::synchronised: break;
    case decoder::ClockSync::unsynchronised:
      health.notes.emplace_back("the clock is not synchronised: lags measured here may be wrong");
      break;
    case decoder::ClockSync::unknown:
      health.notes.emplace_back("the kernel does not say whether the clock is synchronised");
      break;
  }
}

}  // namespace

service::Health health_of(const SensorFigures& figures, SteadyTime now, const HealthRules& rules) {
  Health health;
  check_workers(figures, now, rules, health);
  check_interfaces(figures, health);
  check_delivery(figures, now, rules, health);
  check_notes(figures, now, rules, health);
  return health;
}

}  // namespace zonelag::sensor
