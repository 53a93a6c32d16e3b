// The one list of what a sensor tells: from each row come a Prometheus sample, the row of docs/metrics.md, and where it
// has a short name the counter in status events.
#pragma once

#include <vector>

#include "figures.h"
#include "service/metrics_table.h"

namespace zonelag::sensor {

using service::MetricKind;
using WorkerValue = service::MetricCount<WorkerFigures>;
using SensorCount = service::MetricCount<SensorFigures>;
using WorkerFamily = service::MetricFamily<WorkerFigures>;
using SensorFamily = service::MetricFamily<SensorFigures>;

// Families of the workers (decoding; label worker=), then those of the sensor as a whole.
const std::vector<WorkerFamily>& worker_families();
const std::vector<SensorFamily>& sensor_families();

}  // namespace zonelag::sensor
