#include "aggregator.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "exit_code.h"
#include "health.h"
#include "last_resort.h"
#include "service/reload.h"
#include "service/restriction/privileges.h"
#include "service/restriction/system_calls.h"
#include "settings.h"

namespace zonelag::aggregator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{500};
constexpr milliseconds kOnceTick{20};
constexpr milliseconds kMostForAll{4500};  // SIGTERM is to be obeyed within 5 s
constexpr std::chrono::seconds kStartAgain{30};
constexpr std::chrono::seconds kLookAtMemory{5};

}  // namespace

Aggregator::Aggregator(AggregatorConfig config, service::Log& log, const Clock& clock)
    : config_(std::move(config)), log_(log), clock_(clock), started_(clock.wall()) {}

std::expected<std::unique_ptr<Aggregator>, std::string> Aggregator::open(AggregatorConfig config, service::Log& log,
                                                                         const Clock& clock) {
  std::unique_ptr<Aggregator> aggregator(new Aggregator(std::move(config), log, clock));
  if (!aggregator->config_.metrics_listen.empty()) {
    auto http = service::HttpServer::open(aggregator->config_.metrics_listen);
    if (!http) return std::unexpected(std::move(http.error()));
    aggregator->http_ = *std::move(http);
  }
  // Before the first thread: capabilities belong to threads.
  if (auto dropped = service::drop_privileges(aggregator->config_.user); !dropped) {
    return std::unexpected(dropped.error());
  }
  if (aggregator->config_.seccomp) {
    if (auto restricted = service::restrict_system_calls(); !restricted) return std::unexpected(restricted.error());
  }
  if (auto opened = aggregator->open_environments(); !opened) return std::unexpected(opened.error());
  return aggregator;
}

std::expected<void, std::string> Aggregator::open_environments() {
  const std::vector<EnvironmentConfig> all = environments_of(config_);
  for (const EnvironmentConfig& own : all) {
    auto environment = Environment::open(own, config_, all.size() == 1, log_, clock_);
    if (!environment) return std::unexpected(environment.error());
    environments_.push_back(*std::move(environment));
  }
  return {};
}

int Aggregator::run(const service::SignalWaiter& signals, const Reread& reread) {
  log_.info("starting", {{"version", ZONELAG_VERSION}, {"databases", environments_.size()}});
  for (const auto& environment : environments_) environment->start();
  serve();
  service_.ready(status());
  bool told = false;
  while (!told && !all_ended()) {
    const int signal = signals.wait(config_.once ? kOnceTick : kTick);
    if (signal == SIGHUP) reload(reread);
    told = signal == SIGTERM || signal == SIGINT;
    tick();
  }
  return finish(told);
}

void Aggregator::serve() {
  if (!http_) return;
  http_->start({.metrics = [this] { return metrics_text(figures()); },
                .health = [this] { return health_of(runners(), clock_.steady()); },
                .ready = [this] { return readiness_of(runners()); }});
}

bool Aggregator::all_ended() const {
  return std::ranges::all_of(environments_, [](const auto& environment) { return environment->ended().has_value(); });
}

void Aggregator::tick() {
  log_.tick();
  start_again();
  const SteadyTime now = clock_.steady();
  look_at_memory(now);
  const auto interval = service_.watchdog_interval();
  if (!interval || now < next_alive_) return;
  next_alive_ = now + *interval;
  service_.status(status());
  if (health_of(runners(), now).well()) service_.alive();
}

// What a catch-up or a start took, most of it for records that were fetched and results that were sent.
void Aggregator::look_at_memory(SteadyTime now) {
  if (now < next_memory_) return;
  next_memory_ = now + kLookAtMemory;
  if (const std::uint64_t bytes = memory_.give_back(); bytes > 0) log_.debug("memory given back", {{"bytes", bytes}});
}

// With one environment that failed the process ends, and the service manager decides. Beside others it begins anew.
void Aggregator::start_again() {
  if (config_.once || clock_.steady() < next_start_) return;
  for (auto& environment : environments_) {
    if (!environment->ended() || all_ended()) continue;
    next_start_ = clock_.steady() + kStartAgain;
    auto again = Environment::open(environment->config(), config_, false, log_, clock_);
    if (!again) {
      log_.error("an environment can't be started again",
                 {{"database", environment->config().name}, {"reason", again.error()}});
      continue;
    }
    const std::scoped_lock lock(mutex_);
    environment = *std::move(again);
    environment->start();
  }
}

std::vector<RunnerFigures> Aggregator::runners() const {
  const std::scoped_lock lock(mutex_);
  std::vector<RunnerFigures> all;
  for (const auto& environment : environments_) all.push_back(environment->figures());
  return all;
}

ProgramFigures Aggregator::figures() const {
  ProgramFigures figures{.version = ZONELAG_VERSION, .started = started_, .runners = runners()};
  figures.log_lines_suppressed = log_.suppressed();
  figures.healthy = health_of(figures.runners, clock_.steady()).well();
  figures.ready = readiness_of(figures.runners).well();
  return figures;
}

std::string Aggregator::status() const {
  const auto all = runners();
  const service::Health ready = readiness_of(all);
  if (!ready.well()) return ready.reasons.front();
  std::uint64_t backlog = 0;
  std::size_t partitions = 0;
  for (const RunnerFigures& runner : all) {
    backlog += runner.backlog;
    partitions += runner.partitions;
  }
  return fmt::format("consuming {} partitions, {} records behind", partitions, backlog);
}

void Aggregator::reload(const Reread& reread) {
  service_.reloading();
  const auto wanted = reread();
  if (!wanted) {
    log_.error("reload: the configuration stays as it was", {{"reason", wanted.error()}});
    return service_.ready(status());
  }
  auto changes = service::compare_for_reload(settings(), config_, *wanted);
  if (print_config(config_) != print_config(*wanted) && changes.now.empty() && changes.restart.empty()) {
    changes.restart.emplace_back("database");
  }
  config_ = service::reloaded(settings(), config_, *wanted);
  log_.set(config_.log_format, *service::parse_log_level(config_.log_level));
  service::tell(changes, log_);
  service_.ready(status());
}

int Aggregator::finish(bool told) {
  std::optional<LastResort> last_resort;
  if (told) last_resort.emplace(log_, kMostForAll);
  service_.stopping("committing, and leaving the group");
  for (const auto& environment : environments_) environment->stop();
  bool failed = false;
  bool incomplete = false;
  std::uint64_t events = 0;
  for (const auto& environment : environments_) {
    environment->join();
    failed = failed || environment->ended() == RunnerEnd::failed;
    incomplete = incomplete || environment->ended() == RunnerEnd::incomplete;
    events += environment->figures().events;
  }
  if (http_) http_->stop();
  log_.info("ended", {{"events", events}});
  log_.flush();
  if (failed) return kExitFailed;
  return incomplete ? kExitIncomplete : kExitOk;
}

}  // namespace zonelag::aggregator
