#include "metrics.h"

#include "runner_metrics.h"

namespace zonelag::aggregator {
namespace {

using service::MetricDescription;
using service::MetricKind;
using service::MetricsPage;

constexpr const char* kDatabase = "database";

service::MetricLabels of(const RunnerFigures& runner) { return {{kDatabase, runner.database}}; }

// Labels that only the running program knows the values of.
struct CountedBy {
  const char* name;
  const char* help;
  const char* label;
  std::map<std::string, std::uint64_t> RunnerFigures::* counts;
};
constexpr std::array<CountedBy, 2> kCountedBy{
    {{"zonelag_aggregator_dead_letters_total",
      "Records that were no events, by why; they are in the topic of dead letters.", "reason",
      &RunnerFigures::dead_letters},
     {"zonelag_aggregator_rows_written_total", "Rows written to the database, by table.", "table",
      &RunnerFigures::rows}}};

constexpr const char* kCommit = "zonelag_aggregator_commit_seconds";
constexpr const char* kCommitHelp = "Time that a batch took, from the begin of its transaction to the end.";
constexpr const char* kDelay = "zonelag_aggregator_commit_delay_seconds";
constexpr const char* kDelayHelp = "From the capture of an event to the commit of what follows from it.";

// One sample for each state, 1 at the one that it is in.
constexpr const char* kState = "zonelag_aggregator_state";
constexpr const char* kStateHelp =
    "1 at the state in which the database's consumer is: running, or why it consumes nothing.";
constexpr std::array kStates{RunnerState::starting, RunnerState::running, RunnerState::waiting,
                             RunnerState::fenced,   RunnerState::blocked, RunnerState::contradiction,
                             RunnerState::ended};

struct ProgramMetric {
  const char* name;
  MetricKind kind;
  const char* help;
  double (*read)(const ProgramFigures&);
};
double seconds(Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }
constexpr std::array<ProgramMetric, 4> kProgram{
    {{"zonelag_aggregator_healthy", MetricKind::gauge, "1 while GET /health answers 200.",
      [](const ProgramFigures& figures) { return figures.healthy ? 1.0 : 0.0; }},
     {"zonelag_aggregator_ready", MetricKind::gauge, "1 while GET /ready answers 200.",
      [](const ProgramFigures& figures) { return figures.ready ? 1.0 : 0.0; }},
     {"zonelag_aggregator_start_time_seconds", MetricKind::gauge, "When the process started, in seconds since 1970.",
      [](const ProgramFigures& figures) { return seconds(figures.started); }},
     {"zonelag_aggregator_log_lines_suppressed_total", MetricKind::counter,
      "Log lines that were counted and not written, since there were many alike.",
      [](const ProgramFigures& figures) { return static_cast<double>(figures.log_lines_suppressed); }}}};

constexpr const char* kBuild = "zonelag_build_info";
constexpr const char* kBuildHelp = "1; the version is in the label.";

void add_counted(MetricsPage& page, const std::vector<RunnerFigures>& runners) {
  for (const CountedBy& metric : kCountedBy) {
    page.begin(metric.name, MetricKind::counter, metric.help);
    for (const RunnerFigures& runner : runners) {
      for (const auto& [value, count] : runner.*metric.counts) {
        page.sample({{kDatabase, runner.database}, {metric.label, value}}, static_cast<double>(count));
      }
    }
  }
}

void add_histograms(MetricsPage& page, const std::vector<RunnerFigures>& runners) {
  page.begin(kCommit, MetricKind::histogram, kCommitHelp);
  for (const RunnerFigures& runner : runners) {
    const auto& times = runner.commit_seconds;
    page.histogram(of(runner), times.bounds, times.counts, times.sum);
  }
  page.begin(kDelay, MetricKind::histogram, kDelayHelp);
  for (const RunnerFigures& runner : runners) {
    const auto& times = runner.delay_seconds;
    page.histogram(of(runner), times.bounds, times.counts, times.sum);
  }
}

void add_states(MetricsPage& page, const std::vector<RunnerFigures>& runners) {
  page.begin(kState, MetricKind::gauge, kStateHelp);
  for (const RunnerFigures& runner : runners) {
    for (const RunnerState state : kStates) {
      page.sample({{kDatabase, runner.database}, {"state", to_string(state)}}, runner.state == state ? 1 : 0);
    }
  }
}

}  // namespace

std::string metrics_text(const ProgramFigures& figures) {
  MetricsPage page;
  for (const auto& family : runner_families()) {
    page.begin(family.name, family.kind, family.help);
    for (const RunnerFigures& runner : figures.runners) service::add_samples(page, family, runner, of(runner));
  }
  add_counted(page, figures.runners);
  add_histograms(page, figures.runners);
  add_states(page, figures.runners);
  for (const ProgramMetric& metric : kProgram) {
    page.begin(metric.name, metric.kind, metric.help);
    page.sample({}, metric.read(figures));
  }
  page.begin(kBuild, MetricKind::gauge, kBuildHelp);
  page.sample({{"version", figures.version}}, 1);
  return page.text();
}

std::vector<MetricDescription> metric_descriptions() {
  std::vector<MetricDescription> all;
  service::add_descriptions(all, runner_families(), kDatabase);
  for (const CountedBy& metric : kCountedBy) {
    all.push_back({metric.name, "counter", {kDatabase, metric.label}, metric.help});
  }
  all.push_back({kCommit, "histogram", {kDatabase}, kCommitHelp});
  all.push_back({kDelay, "histogram", {kDatabase}, kDelayHelp});
  all.push_back({kState, "gauge", {kDatabase, "state"}, kStateHelp});
  for (const ProgramMetric& metric : kProgram) {
    all.push_back({metric.name, to_string(metric.kind), {}, metric.help});
  }
  all.push_back({kBuild, "gauge", {"version"}, kBuildHelp});
  return all;
}

}  // namespace zonelag::aggregator
