// What a program tells, as a table over the struct of its figures: from each row come a Prometheus sample and the row
// of its list in docs/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/metrics_page.h"

namespace zonelag::service {

// How a row's value is read. Gauges that are not there now (no clock error known) give no sample.
template <typename Figures>
using MetricCount = std::uint64_t (*)(const Figures&);
template <typename Figures>
using MetricValue = std::optional<double> (*)(const Figures&);

template <typename Figures>
struct MetricRow {
  const char* label_value = "";  // of the family's label, where it has one
  const char* short_name = "";   // where a counter is told elsewhere, too: its name there; empty: it is not
  std::variant<MetricCount<Figures>, MetricValue<Figures>> read;
};

template <typename Figures>
struct MetricFamily {
  const char* name;
  MetricKind kind;  // counter or gauge
  const char* help;
  const char* label = "";  // empty: none
  std::vector<MetricRow<Figures>> rows;
};

template <typename Figures>
std::optional<double> value_of(const MetricRow<Figures>& row, const Figures& figures) {
  if (const auto* count = std::get_if<MetricCount<Figures>>(&row.read)) return static_cast<double>((*count)(figures));
  return std::get<MetricValue<Figures>>(row.read)(figures);
}

// The samples of one family, with `labels` before the family's own.
template <typename Figures>
void add_samples(MetricsPage& page, const MetricFamily<Figures>& family, const Figures& figures,
                 const MetricLabels& labels = {}) {
  for (const MetricRow<Figures>& row : family.rows) {
    const std::optional<double> value = value_of(row, figures);
    if (!value) continue;
    MetricLabels all = labels;
    if (*family.label != '\0') all.emplace_back(family.label, row.label_value);
    page.sample(all, *value);
  }
}

template <typename Figures>
void add_families(MetricsPage& page, const std::vector<MetricFamily<Figures>>& families, const Figures& figures) {
  for (const auto& family : families) {
    page.begin(family.name, family.kind, family.help);
    add_samples(page, family, figures);
  }
}

// Of several alike, told apart by their number under `label`: worker="0".
template <typename Figures>
void add_families(MetricsPage& page, const std::vector<MetricFamily<Figures>>& families,
                  const std::vector<Figures>& each, const char* label) {
  for (const auto& family : families) {
    page.begin(family.name, family.kind, family.help);
    for (std::size_t index = 0; index < each.size(); ++index)
      add_samples(page, family, each[index], {{label, std::to_string(index)}});
  }
}

// `label`: as of add_families() for several; empty: for one.
template <typename Figures>
void add_descriptions(std::vector<MetricDescription>& all, const std::vector<MetricFamily<Figures>>& families,
                      const char* label = "") {
  for (const auto& family : families) {
    MetricDescription& description =
        all.emplace_back(MetricDescription{family.name, to_string(family.kind), {}, family.help});
    if (*label != '\0') description.labels.emplace_back(label);
    if (*family.label != '\0') description.labels.emplace_back(family.label);
  }
}

}  // namespace zonelag::service
