#include "metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "health.h"
#include "sample_figures.h"

namespace zonelag::sensor {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const SensorFigures& figures) { return metrics_text(figures, health_of(figures, kNow)); }

// Exit code and output of `promtool ARGUMENTS < input`.
std::pair<int, std::string> promtool(const std::string& arguments, const std::string& input) {
  char path[] = "/tmp/zonelag-metrics-XXXXXX";
  const int file = ::mkstemp(path);
  if (file < 0 || ::write(file, input.data(), input.size()) < 0) return {-1, "no temporary file"};
  ::close(file);
  FILE* pipe = ::popen(("promtool " + arguments + " < " + path + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  const int status = ::pclose(pipe);
  std::filesystem::remove(path);
  if (output.find("not found") != std::string::npos) output += "install Debian's package prometheus";
  return {status, output};
}

TEST(Metrics, PromtoolHasNothingToSay) {
  const auto [status, output] = promtool("check metrics", text_of(sample_figures()));
  EXPECT_EQ(status, 0) << output;
  EXPECT_EQ(output, "");
}

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
  std::set<std::string> names;
  for (const auto& metric : metric_descriptions()) names.insert(metric.name);
  std::ifstream file(ZONELAG_SOURCE_DIR "/docs/alerts.yml");
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    for (auto at = line.find("zonelag_sensor_"); at != std::string::npos; at = line.find("zonelag_sensor_", at + 1)) {
      const auto end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      std::string name = line.substr(at, end - at);
      if (name.ends_with("_seconds_bucket")) name.resize(name.size() - std::strlen("_bucket"));
      EXPECT_TRUE(names.contains(name)) << name;
      ++found;
    }
  }
  EXPECT_GE(found, 5U);
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

TEST(Metrics, EverySampleIsDescribed) {
  std::map<std::string, service::MetricDescription> described;
  for (const auto& metric : metric_descriptions()) {
    EXPECT_TRUE(described.emplace(metric.name, metric).second) << metric.name << " twice";
  }
  std::istringstream text(text_of(sample_figures()));
  std::set<std::string> seen;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    std::istringstream words(line.substr(7));
    std::string name;
    std::string type;
    words >> name >> type;
    ASSERT_TRUE(described.contains(name)) << name;
    EXPECT_EQ(described[name].type, type) << name;
    seen.insert(name);
  }
  EXPECT_EQ(seen.size(), described.size());
}

TEST(Metrics, TheDocumentHasThemAll) {
  std::ifstream file(ZONELAG_SOURCE_DIR "/docs/metrics.md");
  std::set<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `zonelag_")) rows.insert(line);
  }
  for (const auto& metric : metric_descriptions()) {
    std::string labels;
    for (const auto& label : metric.labels) labels += (labels.empty() ? "" : ", ") + label;
    const std::string row = "| `" + metric.name + "` | " + metric.type + " | " + labels + " | " + metric.help + " |";
    EXPECT_EQ(rows.erase(row), 1U) << "docs/metrics.md lacks\n" << row;
  }
  for (const auto& row : rows) ADD_FAILURE() << "docs/metrics.md has, and the sensor has not:\n" << row;
}

}  // namespace
}  // namespace zonelag::sensor
