#include "service/metrics_page.h"

#include <gtest/gtest.h>

#include <array>

#include "service/metrics_table.h"

namespace zonelag::service {
namespace {

struct Figures {
  std::uint64_t read = 0;
  std::optional<double> delay;
};

const std::vector<MetricFamily<Figures>> kFamilies{
    {"t_read_total",
     MetricKind::counter,
     "Read.",
     "result",
     {{"good", "read", [](const Figures& figures) { return figures.read; }},
      {"bad", "", [](const Figures&) { return std::uint64_t{0}; }}}},
    {"t_delay_seconds", MetricKind::gauge, "Delay.", "", {{"", "", [](const Figures& figures) {
                                                             return figures.delay;
                                                           }}}}};

// The text format's own words: https://prometheus.io/docs/instrumenting/exposition_formats/
TEST(MetricsPage, OneAndSeveral) {
  MetricsPage page;
  add_families(page, kFamilies, Figures{.read = 7, .delay = 0.5});
  EXPECT_EQ(page.text(),
            "# HELP t_read_total Read.\n# TYPE t_read_total counter\nt_read_total{result=\"good\"} 7\n"
            "t_read_total{result=\"bad\"} 0\n"
            "# HELP t_delay_seconds Delay.\n# TYPE t_delay_seconds gauge\nt_delay_seconds 0.5\n");
  MetricsPage several;
  add_families(several, kFamilies, std::vector<Figures>{{.read = 1}, {.read = 2}}, "partition");
  EXPECT_EQ(several.text(),
            "# HELP t_read_total Read.\n# TYPE t_read_total counter\nt_read_total{partition=\"0\",result=\"good\"} 1\n"
            "t_read_total{partition=\"0\",result=\"bad\"} 0\nt_read_total{partition=\"1\",result=\"good\"} 2\n"
            "t_read_total{partition=\"1\",result=\"bad\"} 0\n");
}

TEST(MetricsPage, HistogramsAreCumulative) {
  MetricsPage page;
  page.begin("t_seconds", MetricKind::histogram, "Times.");
  const std::array<double, 2> bounds{0.5, 1};
  const std::array<std::uint64_t, 3> counts{1, 2, 4};
  page.histogram({{"topic", "a"}}, bounds, counts, 9.5);
  EXPECT_EQ(page.text(),
            "# HELP t_seconds Times.\n# TYPE t_seconds histogram\nt_seconds_count{topic=\"a\"} 7\n"
            "t_seconds_sum{topic=\"a\"} 9.5\nt_seconds_bucket{topic=\"a\",le=\"0.5\"} 1\n"
            "t_seconds_bucket{topic=\"a\",le=\"1\"} 3\nt_seconds_bucket{topic=\"a\",le=\"+Inf\"} 7\n");
}

TEST(MetricsPage, Descriptions) {
  std::vector<MetricDescription> all;
  add_descriptions(all, kFamilies, "partition");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].type, "counter");
  EXPECT_EQ(all[0].labels, (std::vector<std::string>{"partition", "result"}));
  EXPECT_EQ(all[1].labels, std::vector<std::string>{"partition"});
}

}  // namespace
}  // namespace zonelag::service
