// Prometheus' text format 0.0.4, a family at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zonelag::service {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };
const char* to_string(MetricKind kind);

// What a program's list of metrics in docs/ tells of each.
struct MetricDescription {
  std::string name;
  std::string type;                 // counter, gauge, histogram
  std::vector<std::string> labels;  // names
  std::string help;
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Families in the order in which they begin; one without samples is left out. One thread.
class MetricsPage {
 public:
  MetricsPage();
  ~MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;

  void begin(std::string_view name, MetricKind kind, std::string_view help);
  // Of the family that began last.
  void sample(const MetricLabels& labels, double value);
  // `counts`: one more than `bounds`; the last is of what is beyond all of them. Not cumulative.
  void histogram(const MetricLabels& labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);

  // The whole answer to GET /metrics.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace zonelag::service
