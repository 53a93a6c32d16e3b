// What holds of the metrics of every program: Prometheus takes them, and they are as they are described. Each
// expect_...() adds failures to the test that calls it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "service/metrics_page.h"

namespace zonelag::service {

using MetricDescriptions = std::span<const MetricDescription>;

// Exit code and output of `promtool ARGUMENTS < input`.
std::pair<int, std::string> promtool(const std::string& arguments, const std::string& input);

// Of the whole answer to GET /metrics.
void expect_good_metrics(const std::string& text);
// `text` has every metric that is described, each of its type, and no other.
void expect_described(const std::string& text, MetricDescriptions described);

// Every metric with this prefix that docs/alerts.yml names is there.
void expect_alerts_to_know(std::string_view prefix, MetricDescriptions described);

// A metric's line in its document's table.
std::string document_row(const MetricDescription& metric);

}  // namespace zonelag::service
