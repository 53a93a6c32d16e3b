#include "sensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "file_capture.h"
#include "health.h"
#include "identity.h"
#include "metrics.h"
#include "service/reload.h"
#include "service/restriction/privileges.h"
#include "settings.h"

namespace zonelag::sensor {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{1000};
constexpr milliseconds kFileTick{20};  // files end, live captures hardly ever do
constexpr std::chrono::seconds kStuck{10};

constexpr bool is_down(InterfaceChange change) {
  return change != InterfaceChange::up && change != InterfaceChange::back;
}

// What a restart can mend: a broker or a disk that is away is none of it.
bool makes_progress(const SensorFigures& figures, SteadyTime now) {
  return std::ranges::all_of(
      figures.workers, [&](const WorkerFigures& worker) { return worker.ended || now - worker.progress < kStuck; });
}

}  // namespace

void Sensor::start() {
  for (const std::string& name : config_.live.interfaces) {
    if (files_.empty()) interface_up_[name] = true;
  }
  follow_host();
  publisher_ = std::make_unique<PublisherThread>(queue_, *output_);
  for (auto& capture : std::exchange(captures_, {})) {
    workers_.push_back(std::make_unique<Worker>(std::move(capture), identity_, limits_of(config_),
                                                Worker::Surroundings{orders_, queue_, clock_}));
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker](const std::stop_token& stop) { worker.run(stop); });
  }
  figures_.set(collect());
  if (http_) {
    const auto health = [this] { return health_of(figures_.get(), std::chrono::steady_clock::now()); };
    const auto metrics = [this] {
      const SensorFigures figures = figures_.get();
      return metrics_text(figures, health_of(figures, std::chrono::steady_clock::now()));
    };
    http_->start({.metrics = metrics, .health = health});
  }
}

int Sensor::run(const service::SignalWaiter& signals, const Reread& reread) {
  start();
  log_.info(files_.empty() ? "capturing" : "reading",
            {{"sensor", identity_.sensor_id},
             {"from", fmt::format("{}", fmt::join(files_.empty() ? config_.live.interfaces : files_, ","))},
             {"workers", workers_.size()},
             {"boot", identity_.boot_id}});
  service_.ready("capturing");
  SteadyClock::time_point next_tick = SteadyClock::now();
  bool told = false;
  while (!told && !all_ended() && !publisher_->output_failed()) {
    const int signal = signals.wait(files_.empty() ? kTick : kFileTick);
    if (signal == SIGHUP) reload(reread);
    told = signal == SIGTERM || signal == SIGINT;
    if (SteadyClock::now() < next_tick) continue;
    next_tick = SteadyClock::now() + kTick;
    tick();
  }
  return finish(signals, told);
}

bool Sensor::all_ended() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->figures().ended; });
}

void Sensor::tick() {
  follow_host();
  tell_notices();
  figures_.set(collect());
  log_.tick();
  const auto now = SteadyClock::now();
  if (now >= next_beat_) {
    next_beat_ = now + config_.heartbeat;
    beat();
  }
  const auto interval = service_.watchdog_interval();
  if (!interval || now < next_alive_) return;
  next_alive_ = now + *interval;
  const SensorFigures figures = figures_.get();
  const service::Health health = health_of(figures, now);
  service_.status(health.well() ? "capturing" : health.reasons.front());
  if (makes_progress(figures, now)) service_.alive();
}

void Sensor::follow_host() {
  const bool changed = host_->update();
  if (changed) log_.info("the host's addresses changed", {{"addresses", host_->addresses().size()}});
  orders_.set(std::make_shared<const Orders>(orders_of(config_, host_->addresses(), !files_.empty(), clock_.state())));
}

void Sensor::tell_notices() {
  std::map<std::string, bool> told;  // each worker has a handle of each interface and says the same
  for (const auto& worker : workers_) {
    for (const InterfaceNotice& notice : worker->take_notices()) {
      const std::string line = fmt::format("interface {} {}", notice.interface, to_string(notice.change));
      interface_up_[notice.interface] = !is_down(notice.change);
      if (!std::exchange(told[line], true)) {
        log_.write(is_down(notice.change) ? service::LogLevel::warning : service::LogLevel::info, line, line,
                   notice.reason.empty() ? service::LogFields{} : service::LogFields{{"reason", notice.reason}});
      }
    }
  }
}

void Sensor::beat() {
  queue_.push(status_event(identity_, figures_.get(), *orders_.get(), clock_.now()));
  ++status_events_;
}

SensorFigures Sensor::collect() {
  SensorFigures figures{.version = ZONELAG_VERSION, .sensor_id = identity_.sensor_id, .started = started_};
  for (const auto& worker : workers_) {
    figures.workers.push_back(worker->figures());
    figures.events += figures.workers.back().events;
  }
  figures.events.status = status_events_;
  for (const auto& [name, up] : interface_up_) figures.interfaces.push_back({.name = name, .up = up});
  figures.queue = queue_.figures();
  figures.queue_events = figures.queue.waiting;
  figures.kafka = config_.events.empty();
  OutputFigures output = publisher_->figures();
  figures.spool = output.spool;
  figures.producer = std::move(output.producer);
  figures.publisher = output.publisher;
  figures.clock = orders_.get()->clock;
  figures.log_lines_suppressed = log_.suppressed();
  history_.note(figures, SteadyClock::now());
  return figures;
}

void Sensor::reload(const Reread& reread) {
  service_.reloading();
  auto wanted = reread();
  if (!wanted) {
    // Who reads it now is not who started the sensor.
    log_.error("reload: the configuration stays as it was",
               {{"reason", wanted.error()}, {"user", service::current_user()}});
    return service_.ready("capturing");
  }
  const service::ReloadResult changes = service::compare_for_reload(settings(), config_, *wanted);
  config_ = service::reloaded(settings(), config_, *wanted);
  next_beat_ = std::min(next_beat_, SteadyClock::now() + config_.heartbeat);
  follow_host();
  publisher_->reconfigure(config_.spool);
  log_.set(config_.log_format, *service::parse_log_level(config_.log_level));
  service::tell(changes, log_);
  service_.ready("capturing");
}

}  // namespace zonelag::sensor
