// One database with all that belongs to it: store, feed, sender, runner, and their thread. Environments share nothing,
// so that a dead one holds no other back.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "aggregator/intake/kafka_feed.h"
#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/intake/schema_registry.h"
#include "clock.h"
#include "config.h"
#include "postgres_upkeep.h"
#include "runner.h"
#include "service/log.h"

namespace zonelag::aggregator {

class Environment {
 public:
  // Waits for nobody. `alone`: the only one of the program. `log` and `clock` must outlive it. Error: one line that
  // names the culprit.
  static std::expected<std::unique_ptr<Environment>, std::string> open(const EnvironmentConfig& own,
                                                                       const AggregatorConfig& config, bool alone,
                                                                       service::Log& log, const Clock& clock);

  void start();
  // Returns at once; see ended().
  void stop() { thread_.request_stop(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  // How it ended; nullopt: it runs.
  std::optional<RunnerEnd> ended() const;
  RunnerFigures figures() const { return runner_->figures(); }
  const EnvironmentConfig& config() const { return config_; }

 private:
  Environment(const EnvironmentConfig& own, service::Log& log);

  RunnerEnd run(const std::stop_token& stop);
  bool register_schemas(const std::stop_token& stop);

  EnvironmentConfig config_;
  std::optional<SchemaRegistry> registry_;
  ResultTopics topics_;  // with the schemas' ids once they are registered
  service::Log& log_;
  PostgresStore store_;
  PostgresUpkeep upkeep_;
  std::unique_ptr<KafkaSender> sender_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<KafkaFeed> feed_;  // its listener is the runner
  std::atomic<int> end_ = -1;        // a RunnerEnd
  std::jthread thread_;              // last: it uses all of the above
};

}  // namespace zonelag::aggregator
