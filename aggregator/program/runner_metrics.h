// What a runner tells, as a table: from each row come a Prometheus sample and the row of docs/metrics-aggregator.md.
#pragma once

#include <vector>

#include "runner_figures.h"
#include "service/metrics_table.h"

namespace zonelag::aggregator {

const std::vector<service::MetricFamily<RunnerFigures>>& runner_families();

}  // namespace zonelag::aggregator
