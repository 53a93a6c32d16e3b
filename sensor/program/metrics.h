// The figures as Prometheus exposition text, and as the counters of a status event.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "figures.h"
#include "service/health.h"
#include "service/metrics_page.h"

namespace zonelag::sensor {

// The whole answer to GET /metrics, text format 0.0.4.
std::string metrics_text(const SensorFigures& figures, const service::Health& health);

// Name and value of each counter, in the table's order, summed over workers: for Status::counters.
std::vector<std::pair<std::string, std::uint64_t>> status_counters(const SensorFigures& figures);
// Everything that was lost on the way to Kafka or before: for Status::dropped.
std::uint64_t status_dropped(const SensorFigures& figures);

// Every metric that metrics_text() can write: for docs/metrics.md.
std::vector<service::MetricDescription> metric_descriptions();

}  // namespace zonelag::sensor
