#include "metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <fstream>
#include <map>
#include <set>

#include "health.h"
#include "metrics_check.h"
#include "sample_figures.h"

namespace zonelag::sensor {
namespace {

using service::promtool;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const SensorFigures& figures) { return metrics_text(figures, health_of(figures, kNow)); }

TEST(Metrics, PromtoolHasNothingToSay) { service::expect_good_metrics(text_of(sample_figures())); }

TEST(Metrics, PromtoolWouldComplain) {
  const auto [status, output] =
      promtool("check metrics", "# HELP a_seconds x\n# TYPE a_seconds counter\na_seconds 1\n");
  EXPECT_NE(status, 0) << "else the test before shows nothing";
}

TEST(Metrics, AlertRulesAreGood) {
  const auto [status, output] = promtool("check rules " ZONELAG_SOURCE_DIR "/docs/alerts.yml", "");
  EXPECT_EQ(status, 0) << output;
}

TEST(Metrics, AlertRulesNameMetricsThatAreThere) {
  service::expect_alerts_to_know("zonelag_sensor_", metric_descriptions());
}

TEST(Metrics, SamplesAreWhereTheyBelong) {
  const std::string text = text_of(sample_figures());
  for (const char* line : {
           "zonelag_sensor_packets_total{worker=\"0\"} 1000\n",
           "zonelag_sensor_packets_total{worker=\"1\"} 1001\n",
           "zonelag_sensor_packets_dropped_total{worker=\"1\",reason=\"ring\"} 4\n",
           "zonelag_sensor_frames_not_used_total{worker=\"0\",reason=\"not_ip\"} 7\n",
           "zonelag_sensor_tcp_anomalies_total{worker=\"0\",reason=\"hole\"} 11\n",
           "zonelag_sensor_dns_messages_total{worker=\"0\",kind=\"malformed\"} 13\n",
           "zonelag_sensor_table_evictions_total{worker=\"0\",table=\"served\"} 17\n",
           "zonelag_sensor_table_entries{worker=\"0\",table=\"connections\"} 19\n",
           "zonelag_sensor_interface_up{interface=\"eth0\"} 1\n",
           "zonelag_sensor_interface_up{interface=\"e\\\"t\\\\h\\n1\"} 0\n",
           "zonelag_sensor_interface_packets_total{interface=\"eth0\"} 2001\n",
           "zonelag_sensor_events_total{kind=\"stamp\"} 37\n",
           "zonelag_sensor_event_queue_dropped_total 2\n",
           "zonelag_sensor_spool_dropped_total{reason=\"size\"} 5\n",
           "zonelag_sensor_spool_waiting_events 43\n",
           "zonelag_sensor_kafka_records_total{result=\"delivered\"} 47\n",
           "zonelag_sensor_delivery_latency_seconds_count 4\n",
           "zonelag_sensor_delivery_latency_seconds_sum 70.5\n",
           "zonelag_sensor_delivery_latency_seconds_bucket{le=\"60\"} 3\n",
           "zonelag_sensor_delivery_latency_seconds_bucket{le=\"+Inf\"} 4\n",
           "zonelag_sensor_clock_synchronised 1\n",
           "zonelag_sensor_clock_max_error_seconds 0.25\n",
           "zonelag_sensor_start_time_seconds 1700000000\n",
           "zonelag_sensor_last_packet_time_seconds 1700000100.5\n",
           "zonelag_sensor_healthy 1\n",
           "# TYPE zonelag_sensor_packets_total counter\n",
           "# TYPE zonelag_sensor_spool_bytes gauge\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, HasSubstr("zonelag_build_info{version=\"0.1.0\",librdkafka=\""));
}

TEST(Metrics, WhatIsNotKnownIsMissing) {
  SensorFigures figures;
  const std::string text = text_of(figures);
  EXPECT_THAT(text, Not(HasSubstr("clock_synchronised")));
  EXPECT_THAT(text, Not(HasSubstr("clock_max_error")));
  EXPECT_THAT(text, Not(HasSubstr("last_packet_time")));
  EXPECT_THAT(text, Not(HasSubstr("interface_up")));
  EXPECT_EQ(promtool("check metrics", text).first, 0);
}

// Fills a struct of counters with numbers that no other counter has, and looks for each in the status counters.
template <typename Counters>
void expect_all_told(Counters WorkerFigures::* part, std::uint64_t base) {
  constexpr std::size_t kFields = sizeof(Counters) / sizeof(std::uint64_t);
  std::array<std::uint64_t, kFields> values{};
  for (std::size_t index = 0; index < kFields; ++index) values[index] = base + index;
  SensorFigures figures;
  figures.workers.resize(2);
  figures.workers[1].*part = std::bit_cast<Counters>(values);
  std::multiset<std::uint64_t> told;
  for (const auto& [name, value] : status_counters(figures)) told.insert(value);
  for (std::size_t index = 0; index < kFields; ++index) {
    EXPECT_EQ(told.count(values[index]), 1U) << "counter " << index << " of the struct has no row in worker_metrics.cc";
  }
}

TEST(Metrics, EveryDecodeCounterIsTold) {
  expect_all_told(&WorkerFigures::frame, 1000);
  expect_all_told(&WorkerFigures::tcp, 2000);
  expect_all_told(&WorkerFigures::dns, 3000);
}

TEST(Metrics, StatusCountersAreSumsWithNamesOfTheirOwn) {
  const auto counters = status_counters(sample_figures());
  std::map<std::string, std::uint64_t> by_name(counters.begin(), counters.end());
  EXPECT_EQ(by_name.size(), counters.size());
  EXPECT_EQ(by_name.at("capture_packets"), 2001U);
  EXPECT_EQ(by_name.at("frame_not_ip"), 14U);
  EXPECT_EQ(by_name.at("events_served"), 31U);
  EXPECT_EQ(by_name.at("spool_waiting"), 43U);
  // Capture 3 + 4, queue 2, spool 5.
  EXPECT_EQ(status_dropped(sample_figures()), 14U);
}

TEST(Metrics, EverySampleIsDescribed) { service::expect_described(text_of(sample_figures()), metric_descriptions()); }

TEST(Metrics, TheDocumentHasThemAll) {
  std::ifstream file(ZONELAG_SOURCE_DIR "/docs/metrics.md");
  std::set<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `zonelag_")) rows.insert(line);
  }
  for (const auto& metric : metric_descriptions()) {
    const std::string row = service::document_row(metric);
    EXPECT_EQ(rows.erase(row), 1U) << "docs/metrics.md lacks\n" << row;
  }
  for (const auto& row : rows) ADD_FAILURE() << "docs/metrics.md has, and the sensor has not:\n" << row;
}

}  // namespace
}  // namespace zonelag::sensor
