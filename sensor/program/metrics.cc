#include "metrics.h"

#include <librdkafka/rdkafka.h>
#include <pcap/pcap.h>

#include <span>
#include <utility>

#include "metrics_table.h"

namespace zonelag::sensor {
namespace {

using service::MetricDescription;
using service::MetricsPage;

// What has other labels than the table's, or none of its shape.
struct OtherFamily {
  const char* name;
  MetricKind kind;
  std::vector<std::string> labels;
  const char* help;
};

const OtherFamily kLatencyFamily{
    "zonelag_sensor_delivery_latency_seconds",
    MetricKind::histogram,
    {},
    "Time from the capture of what an event tells to its acknowledgement by the broker, of "
    "events of this run."};
const OtherFamily kInterfaceUp{
    "zonelag_sensor_interface_up", MetricKind::gauge, {"interface"}, "1 while the interface is there and up."};
const OtherFamily kInterfacePackets{"zonelag_sensor_interface_packets_total",
                                    MetricKind::counter,
                                    {"interface"},
                                    "Packets by interface, where the source tells them apart."};
const OtherFamily kHealthy{"zonelag_sensor_healthy", MetricKind::gauge, {}, "1 while GET /health answers 200."};
const OtherFamily kBuild{"zonelag_build_info",
                         MetricKind::gauge,
                         {"version", "librdkafka", "libpcap"},
                         "Always 1; which version this is, and which libraries it runs with."};

void begin(MetricsPage& page, const OtherFamily& family) { page.begin(family.name, family.kind, family.help); }

void add_interfaces(MetricsPage& page, const SensorFigures& figures) {
  begin(page, kInterfaceUp);
  for (const InterfaceFigures& interface : figures.interfaces)
    page.sample({{"interface", interface.name}}, interface.up ? 1 : 0);
  begin(page, kInterfacePackets);
  for (const InterfaceFigures& interface : figures.interfaces) {
    if (interface.packets) page.sample({{"interface", interface.name}}, static_cast<double>(*interface.packets));
  }
}

// "libpcap version 1.10.3 (with TPACKET_V3)" -> "1.10.3".
std::string pcap_version() {
  std::string text = pcap_lib_version();
  const auto digit = text.find_first_of("0123456789");
  if (digit == std::string::npos) return text;
  return text.substr(digit, text.find(' ', digit) - digit);
}

using Counters = std::vector<std::pair<std::string, std::uint64_t>>;

// Of rows with a short name, summed over `each`.
template <typename Figures>
void add_counters(Counters& counters, const std::vector<service::MetricFamily<Figures>>& families,
                  std::span<const Figures> each) {
  for (const auto& family : families) {
    for (const auto& row : family.rows) {
      if (*row.short_name == '\0') continue;
      std::uint64_t sum = 0;
      for (const Figures& figures : each) sum += std::get<service::MetricCount<Figures>>(row.read)(figures);
      counters.emplace_back(row.short_name, sum);
    }
  }
}

MetricDescription describe(const OtherFamily& family) {
  return {family.name, to_string(family.kind), family.labels, family.help};
}

}  // namespace

std::string metrics_text(const SensorFigures& figures, const service::Health& health) {
  MetricsPage page;
  add_families(page, worker_families(), figures.workers, "worker");
  add_interfaces(page, figures);
  add_families(page, sensor_families(), figures);
  begin(page, kLatencyFamily);
  const LatencyFigures& latency = figures.publisher.latency;
  page.histogram({}, LatencyFigures::kBounds, latency.counts, latency.sum);
  begin(page, kHealthy);
  page.sample({}, health.well() ? 1 : 0);
  begin(page, kBuild);
  page.sample({{"version", figures.version}, {"librdkafka", rd_kafka_version_str()}, {"libpcap", pcap_version()}}, 1);
  return page.text();
}

std::vector<std::pair<std::string, std::uint64_t>> status_counters(const SensorFigures& figures) {
  Counters counters;
  add_counters<WorkerFigures>(counters, worker_families(), figures.workers);
  add_counters<SensorFigures>(counters, sensor_families(), {&figures, 1});
  return counters;
}

std::uint64_t status_dropped(const SensorFigures& figures) {
  std::uint64_t dropped = figures.queue.dropped + figures.spool.dropped() + figures.publisher.refused;
  for (const auto& worker : figures.workers) dropped += worker.capture.dropped + worker.capture.interface_dropped;
  return dropped;
}

std::vector<service::MetricDescription> metric_descriptions() {
  std::vector<MetricDescription> result;
  add_descriptions(result, worker_families(), "worker");
  result.push_back(describe(kInterfaceUp));
  result.push_back(describe(kInterfacePackets));
  add_descriptions(result, sensor_families());
  for (const auto* family : {&kLatencyFamily, &kHealthy, &kBuild}) result.push_back(describe(*family));
  return result;
}

}  // namespace zonelag::sensor
