// A running aggregator: its environments, the metrics' server, and the main thread that looks after them.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "clock.h"
#include "config.h"
#include "environment.h"
#include "metrics.h"
#include "service/http_server.h"
#include "service/idle_memory.h"
#include "service/log.h"
#include "service/service_manager.h"
#include "service/signal_waiter.h"

namespace zonelag::aggregator {

class Aggregator {
 public:
  // The configuration anew, as SIGHUP asks; or what is wrong with it.
  using Reread = std::function<std::expected<AggregatorConfig, std::string>()>;

  // Opens what needs privilege, gives that up, and opens the rest. `log` and `clock` must outlive it. Error: one line
  // that names the culprit.
  static std::expected<std::unique_ptr<Aggregator>, std::string> open(AggregatorConfig config, service::Log& log,
                                                                      const Clock& clock);

  // Until SIGTERM or SIGINT, with --once until all is consumed, or until every environment has failed. The exit code.
  int run(const service::SignalWaiter& signals, const Reread& reread);

 private:
  Aggregator(AggregatorConfig config, service::Log& log, const Clock& clock);

  std::expected<void, std::string> open_environments();
  void serve();
  void tick();
  void look_at_memory(SteadyTime now);
  void reload(const Reread& reread);
  void start_again();
  bool all_ended() const;
  std::vector<RunnerFigures> runners() const;
  ProgramFigures figures() const;
  std::string status() const;
  int finish(bool told);

  AggregatorConfig config_;
  service::Log& log_;
  const Clock& clock_;
  const Timestamp started_;
  service::ServiceManager service_;
  SteadyTime next_alive_;
  SteadyTime next_start_;
  SteadyTime next_memory_;
  service::IdleMemory memory_;
  mutable std::mutex mutex_;  // guards environments_ against the metrics' threads
  std::vector<std::unique_ptr<Environment>> environments_;
  std::unique_ptr<service::HttpServer> http_;  // last: its threads use the above
};

}  // namespace zonelag::aggregator
