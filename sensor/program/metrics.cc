#include "metrics.h"

#include <librdkafka/rdkafka.h>
#include <pcap/pcap.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <optional>
#include <utility>

#include "metrics_table.h"

namespace zonelag::sensor {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// What has other labels than the table's, or none of its shape.
struct OtherFamily {
  const char* name;
  MetricType type;
  std::vector<std::string> labels;
  const char* help;
};

const OtherFamily kLatencyFamily{
    "zonelag_sensor_delivery_latency_seconds",
    MetricType::Histogram,
    {},
    "Time from the capture of what an event tells to its acknowledgement by the broker, of "
    "events of this run."};
const OtherFamily kInterfaceUp{
    "zonelag_sensor_interface_up", MetricType::Gauge, {"interface"}, "1 while the interface is there and up."};
const OtherFamily kInterfacePackets{"zonelag_sensor_interface_packets_total",
                                    MetricType::Counter,
                                    {"interface"},
                                    "Packets by interface, where the source tells them apart."};
const OtherFamily kHealthy{"zonelag_sensor_healthy", MetricType::Gauge, {}, "1 while GET /health answers 200."};
const OtherFamily kBuild{"zonelag_build_info",
                         MetricType::Gauge,
                         {"version", "librdkafka", "libpcap"},
                         "Always 1; which version this is, and which libraries it runs with."};

void set(ClientMetric& metric, MetricType type, double value) {
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void add_sample(MetricFamily& family, std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  set(metric, family.type, value);
}

MetricFamily make_family(const MetricTableFamily& row) {
  return {row.name, row.help, row.kind == MetricKind::counter ? MetricType::Counter : MetricType::Gauge, {}};
}
MetricFamily make_family(const OtherFamily& row) { return {row.name, row.help, row.type, {}}; }

std::vector<ClientMetric::Label> labels_of(const MetricTableFamily& family, const MetricRow& row) {
  if (*family.label == '\0') return {};
  return {{family.label, row.label_value}};
}

MetricFamily worker_family(const MetricTableFamily& table, const SensorFigures& figures) {
  MetricFamily family = make_family(table);
  for (std::size_t index = 0; index < figures.workers.size(); ++index) {
    for (const MetricRow& row : table.rows) {
      auto labels = labels_of(table, row);
      labels.insert(labels.begin(), {"worker", std::to_string(index)});
      add_sample(family, std::move(labels),
                 static_cast<double>(std::get<WorkerValue>(row.read)(figures.workers[index])));
    }
  }
  return family;
}

MetricFamily sensor_family(const MetricTableFamily& table, const SensorFigures& figures) {
  MetricFamily family = make_family(table);
  for (const MetricRow& row : table.rows) {
    std::optional<double> value;
    if (const auto* count = std::get_if<SensorCount>(&row.read)) value = static_cast<double>((*count)(figures));
    if (const auto* read = std::get_if<SensorValue>(&row.read)) value = (*read)(figures);
    if (value) add_sample(family, labels_of(table, row), *value);
  }
  return family;
}

MetricFamily latency_family(const LatencyFigures& latency) {
  MetricFamily family = make_family(kLatencyFamily);
  auto& histogram = family.metric.emplace_back().histogram;
  for (std::size_t index = 0; index < latency.counts.size(); ++index) {
    histogram.sample_count += latency.counts[index];
    const bool last = index == LatencyFigures::kBounds.size();
    histogram.bucket.push_back(
        {.cumulative_count = histogram.sample_count,
         .upper_bound = last ? std::numeric_limits<double>::infinity() : LatencyFigures::kBounds[index]});
  }
  histogram.sample_sum = latency.sum;
  return family;
}

void add_interfaces(std::vector<MetricFamily>& families, const SensorFigures& figures) {
  MetricFamily up = make_family(kInterfaceUp);
  MetricFamily packets = make_family(kInterfacePackets);
  for (const InterfaceFigures& interface : figures.interfaces) {
    add_sample(up, {{"interface", interface.name}}, interface.up ? 1 : 0);
    if (interface.packets) {
      add_sample(packets, {{"interface", interface.name}}, static_cast<double>(*interface.packets));
    }
  }
  families.push_back(std::move(up));
  families.push_back(std::move(packets));
}

// "libpcap version 1.10.3 (with TPACKET_V3)" -> "1.10.3".
std::string pcap_version() {
  std::string text = pcap_lib_version();
  const auto digit = text.find_first_of("0123456789");
  if (digit == std::string::npos) return text;
  return text.substr(digit, text.find(' ', digit) - digit);
}

std::uint64_t sum_of(const MetricRow& row, const SensorFigures& figures) {
  if (const auto* count = std::get_if<SensorCount>(&row.read)) return (*count)(figures);
  std::uint64_t sum = 0;
  for (const auto& worker : figures.workers) sum += std::get<WorkerValue>(row.read)(worker);
  return sum;
}

MetricDescription describe(const MetricTableFamily& family, bool worker) {
  MetricDescription description{family.name, family.kind == MetricKind::counter ? "counter" : "gauge", {}, family.help};
  if (worker) description.labels.emplace_back("worker");
  if (*family.label != '\0') description.labels.emplace_back(family.label);
  return description;
}

MetricDescription describe(const OtherFamily& family) {
  const char* type = family.type == MetricType::Histogram ? "histogram"
                     : family.type == MetricType::Counter ? "counter"
                                                          : "gauge";
  return {family.name, type, family.labels, family.help};
}

}  // namespace

std::string metrics_text(const SensorFigures& figures, const Health& health) {
  std::vector<MetricFamily> families;
  for (const auto& table : worker_families()) families.push_back(worker_family(table, figures));
  add_interfaces(families, figures);
  for (const auto& table : sensor_families()) families.push_back(sensor_family(table, figures));
  families.push_back(latency_family(figures.publisher.latency));
  families.push_back(make_family(kHealthy));
  add_sample(families.back(), {}, health.well() ? 1 : 0);
  families.push_back(make_family(kBuild));
  add_sample(families.back(),
             {{"version", figures.version}, {"librdkafka", rd_kafka_version_str()}, {"libpcap", pcap_version()}}, 1);
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<std::pair<std::string, std::uint64_t>> status_counters(const SensorFigures& figures) {
  std::vector<std::pair<std::string, std::uint64_t>> counters;
  for (const auto* families : {&worker_families(), &sensor_families()}) {
    for (const auto& family : *families) {
      for (const MetricRow& row : family.rows) {
        if (*row.status != '\0') counters.emplace_back(row.status, sum_of(row, figures));
      }
    }
  }
  return counters;
}

std::uint64_t status_dropped(const SensorFigures& figures) {
  std::uint64_t dropped = figures.queue.dropped + figures.spool.dropped() + figures.publisher.refused;
  for (const auto& worker : figures.workers) dropped += worker.capture.dropped + worker.capture.interface_dropped;
  return dropped;
}

std::vector<MetricDescription> metric_descriptions() {
  std::vector<MetricDescription> result;
  for (const auto& family : worker_families()) result.push_back(describe(family, true));
  result.push_back(describe(kInterfaceUp));
  result.push_back(describe(kInterfacePackets));
  for (const auto& family : sensor_families()) result.push_back(describe(family, false));
  for (const auto* family : {&kLatencyFamily, &kHealthy, &kBuild}) result.push_back(describe(*family));
  return result;
}

}  // namespace zonelag::sensor
