// The one list of what a sensor tells: from each row come a Prometheus sample, the row of docs/metrics.md, and where
// it has a name for it the counter in status events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "figures.h"

namespace zonelag::sensor {

enum class MetricKind : std::uint8_t { counter, gauge };

// How a row's value is read: of each worker, or of the sensor. Gauges that are not there now (no clock error known)
// give no sample.
using WorkerValue = std::uint64_t (*)(const WorkerFigures&);
using SensorCount = std::uint64_t (*)(const SensorFigures&);
using SensorValue = std::optional<double> (*)(const SensorFigures&);

struct MetricRow {
  const char* label_value = "";  // of the family's label, where it has one
  const char* status = "";       // name in status events; empty: not there
  std::variant<WorkerValue, SensorCount, SensorValue> read;
};

struct MetricTableFamily {
  const char* name;
  MetricKind kind;
  const char* help;
  const char* label = "";  // besides worker=; empty: none
  std::vector<MetricRow> rows;
};

// Families of the workers (decoding), then those of the sensor as a whole.
const std::vector<MetricTableFamily>& worker_families();
const std::vector<MetricTableFamily>& sensor_families();

}  // namespace zonelag::sensor
