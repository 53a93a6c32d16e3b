// The figures as Prometheus exposition text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner_figures.h"
#include "service/metrics_page.h"

namespace zonelag::aggregator {

struct ProgramFigures {
  std::string version;
  Timestamp started;
  std::vector<RunnerFigures> runners;
  std::uint64_t log_lines_suppressed = 0;
  bool healthy = false;
  bool ready = false;
};

// The whole answer to GET /metrics, text format 0.0.4.
std::string metrics_text(const ProgramFigures& figures);

// Every metric that metrics_text() can write: for docs/metrics-aggregator.md.
std::vector<service::MetricDescription> metric_descriptions();

}  // namespace zonelag::aggregator
