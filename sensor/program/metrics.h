// The figures as Prometheus exposition text, and as the counters of a status event.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "figures.h"
#include "health.h"

namespace zonelag::sensor {

// The whole answer to GET /metrics, text format 0.0.4.
std::string metrics_text(const SensorFigures& figures, const Health& health);

// Name and value of each counter, in the table's order, summed over workers: for Status::counters.
std::vector<std::pair<std::string, std::uint64_t>> status_counters(const SensorFigures& figures);
// Everything that was lost on the way to Kafka or before: for Status::dropped.
std::uint64_t status_dropped(const SensorFigures& figures);

// Every metric that metrics_text() can write: for docs/metrics.md.
struct MetricDescription {
  std::string name;
  std::string type;                 // counter, gauge, histogram
  std::vector<std::string> labels;  // names
  std::string help;
};
std::vector<MetricDescription> metric_descriptions();

}  // namespace zonelag::sensor
