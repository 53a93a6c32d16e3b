#include "metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "metrics_check.h"

namespace zonelag::aggregator {
namespace {

using testing::HasSubstr;

ProgramFigures sample() {
  RunnerFigures prod;
  prod.database = "prod";
  prod.state = RunnerState::running;
  prod.partitions = 3;
  prod.layout = 12;
  prod.events = 1001;
  prod.lost = 2;
  prod.backlog = 77;
  prod.event_age = 0.25;
  prod.dead_letters = {{"event: not protobuf", 5}, {"a \"b\"\\", 1}};
  prod.rows = {{"serials", 9}};
  prod.ledger.repeated = 4;
  prod.ledger.join.foreign_customer = 6;
  prod.commit_seconds.add(0.02);
  prod.commit_seconds.add(100);
  prod.delay_seconds.add(0.1);
  RunnerFigures test;
  test.database = "test";
  test.state = RunnerState::waiting;
  test.inventory = "contradiction";
  return {.version = "0.1.0",
          .started = Timestamp(std::chrono::seconds(1'700'000'000)),
          .runners = {prod, test},
          .log_lines_suppressed = 8,
          .healthy = true};
}

TEST(AggregatorMetrics, PromtoolHasNothingToSay) { service::expect_good_metrics(metrics_text(sample())); }

TEST(AggregatorMetrics, SamplesAreWhereTheyBelong) {
  const std::string text = metrics_text(sample());
  for (const char* line : {
           "zonelag_aggregator_events_total{database=\"prod\"} 1001\n",
           "zonelag_aggregator_events_total{database=\"test\"} 0\n",
           "zonelag_aggregator_rebalances_total{database=\"prod\",kind=\"lost\"} 2\n",
           "zonelag_aggregator_backlog_records{database=\"prod\"} 77\n",
           "zonelag_aggregator_event_age_seconds{database=\"prod\"} 0.25\n",
           "zonelag_aggregator_dead_letters_total{database=\"prod\",reason=\"event: not protobuf\"} 5\n",
           "zonelag_aggregator_dead_letters_total{database=\"prod\",reason=\"a \\\"b\\\"\\\\\"} 1\n",
           "zonelag_aggregator_rows_written_total{database=\"prod\",table=\"serials\"} 9\n",
           "zonelag_aggregator_repeated_events_total{database=\"prod\"} 4\n",
           "zonelag_aggregator_unattributed_events_total{database=\"prod\",reason=\"foreign_customer\"} 6\n",
           "zonelag_aggregator_state{database=\"prod\",state=\"running\"} 1\n",
           "zonelag_aggregator_state{database=\"test\",state=\"running\"} 0\n",
           "zonelag_aggregator_state{database=\"test\",state=\"waiting\"} 1\n",
           "zonelag_aggregator_inventory_good{database=\"prod\"} 1\n",
           "zonelag_aggregator_inventory_good{database=\"test\"} 0\n",
           "zonelag_aggregator_commit_seconds_bucket{database=\"prod\",le=\"0.025\"} 1\n",
           "zonelag_aggregator_commit_seconds_bucket{database=\"prod\",le=\"30\"} 1\n",
           "zonelag_aggregator_commit_seconds_bucket{database=\"prod\",le=\"+Inf\"} 2\n",
           "zonelag_aggregator_commit_delay_seconds_bucket{database=\"prod\",le=\"0.1\"} 1\n",
           "zonelag_aggregator_healthy 1\n",
           "zonelag_aggregator_ready 0\n",
           "zonelag_aggregator_start_time_seconds 1700000000\n",
           "zonelag_aggregator_log_lines_suppressed_total 8\n",
           "zonelag_build_info{version=\"0.1.0\"} 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("event_age_seconds{database=\"test\"}"))) << "nothing was consumed there";
}

TEST(AggregatorMetrics, EverySampleIsDescribed) {
  service::expect_described(metrics_text(sample()), metric_descriptions());
}

// The table in docs/metrics-aggregator.md; written where ZONELAG_WRITE_DOCS is set.
TEST(AggregatorMetrics, TheDocumentHasThemAll) {
  constexpr const char* kPath = ZONELAG_SOURCE_DIR "/docs/metrics-aggregator.md";
  std::string table = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& metric : metric_descriptions()) table += service::document_row(metric) + "\n";
  std::ifstream file(kPath, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t begin = text.find("| metric |");
  ASSERT_NE(begin, std::string::npos);
  if (std::getenv("ZONELAG_WRITE_DOCS") != nullptr) std::ofstream(kPath) << text.substr(0, begin) + table;
  EXPECT_EQ(text.substr(begin), table);
}

TEST(AggregatorMetrics, AlertRulesNameMetricsThatAreThere) {
  service::expect_alerts_to_know("zonelag_aggregator_", metric_descriptions());
}

}  // namespace
}  // namespace zonelag::aggregator
