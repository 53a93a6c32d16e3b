#include "service/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <limits>

namespace zonelag::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return MetricType::Counter;
    case MetricKind::gauge: return MetricType::Gauge;
    case MetricKind::histogram: return MetricType::Histogram;
  }
  return MetricType::Untyped;
}

ClientMetric& add(MetricFamily& family, const MetricLabels& labels) {
  ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

}  // namespace

const char* to_string(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return "counter";
    case MetricKind::gauge: return "gauge";
    case MetricKind::histogram: return "histogram";
  }
  return "unknown";
}

struct MetricsPage::Families {
  std::vector<MetricFamily> all;
};

MetricsPage::MetricsPage() : families_(std::make_unique<Families>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::begin(std::string_view name, MetricKind kind, std::string_view help) {
  auto& all = families_->all;
  if (!all.empty() && all.back().metric.empty()) all.pop_back();
  all.push_back({std::string(name), std::string(help), type_of(kind), {}});
}

void MetricsPage::sample(const MetricLabels& labels, double value) {
  MetricFamily& family = families_->all.back();
  ClientMetric& metric = add(family, labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void MetricsPage::histogram(const MetricLabels& labels, std::span<const double> bounds,
                            std::span<const std::uint64_t> counts, double sum) {
  assert(counts.size() == bounds.size() + 1);
  auto& histogram = add(families_->all.back(), labels).histogram;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    histogram.sample_count += counts[index];
    histogram.bucket.push_back(
        {.cumulative_count = histogram.sample_count,
         .upper_bound = index < bounds.size() ? bounds[index] : std::numeric_limits<double>::infinity()});
  }
  histogram.sample_sum = sum;
}

std::string MetricsPage::text() const {
  std::vector<MetricFamily> families = families_->all;
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace zonelag::service
