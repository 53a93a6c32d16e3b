#include "environment.h"

#include <functional>
#include <utility>

#include "aggregator/intake/result_codec.h"

namespace zonelag::aggregator {
namespace {

service::LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::error: return service::LogLevel::error;
    case Severity::warning: return service::LogLevel::warning;
    case Severity::info: break;
  }
  return service::LogLevel::info;
}

Say say_to(service::Log& log) {
  return [&log](Severity severity, const char* message, const SayFields& fields) {
    service::LogFields written;
    for (const auto& [name, value] : fields) written.emplace_back(name, value);
    log.write(level_of(severity), message, message, written);
  };
}

service::LogLine kafka_line(service::Log& log) {
  return [&log](service::LogLevel level, const std::string& line) { log.write(level, line, line); };
}

service::KafkaConnection kafka_of(const AggregatorConfig& config) {
  service::KafkaConnection connection = config.kafka;
  if (connection.client_id.empty()) connection.client_id = "zonelag-aggregator";
  return connection;
}

RunnerSettings runner_settings(const EnvironmentConfig& own, const AggregatorConfig& config, bool alone) {
  RunnerSettings settings{.database = own.name,
                          .topic = own.topic,
                          .dead_topic = config.dead_topic,
                          .batch_events = config.batch_events,
                          .gather = config.gather,
                          .inventory_poll = config.inventory_poll,
                          .once = config.once,
                          .schema_is_fatal = alone || config.once};
  settings.ledger.horizon = config.horizon;
  settings.ledger.settled = config.settled;
  settings.ledger.excluded_locations = config.excluded_locations;
  if (!config.bgp_zone.empty()) settings.ledger.bgp_zone = *ZoneName::parse(config.bgp_zone);
  return settings;
}

// Rows as messages of the topics, which must outlive it; none where no topic is wanted.
std::function<void(const Changes&, ResultStamp, std::vector<OutgoingMessage>&)> results_of(const ResultTopics& topics) {
  if (topics.lags.empty() && topics.slas.empty()) return {};
  return [&topics](const Changes& changes, ResultStamp stamp, std::vector<OutgoingMessage>& into) {
    encode_results(changes, stamp, topics, into);
  };
}

FeedConfig feed_config(const EnvironmentConfig& own, const AggregatorConfig& config) {
  return {.kafka = kafka_of(config),
          .topic = own.topic,
          .group = group_of(own),
          .instance_id = config.instance_id,
          .max_future = config.max_future,
          .wait_for_topic = !config.once};
}

}  // namespace

Environment::Environment(const EnvironmentConfig& own, service::Log& log)
    : config_(own),
      topics_{.lags = own.lags_topic, .slas = own.slas_topic},
      log_(log),
      store_({.connection = own.connection,
              .password_file = own.password_file,
              .topic = own.topic,
              .legacy_lags = own.legacy_lags}),
      upkeep_(store_, own.keep_rows, own.keep_versions) {}

std::expected<std::unique_ptr<Environment>, std::string> Environment::open(const EnvironmentConfig& own,
                                                                           const AggregatorConfig& config, bool alone,
                                                                           service::Log& log, const Clock& clock) {
  std::unique_ptr<Environment> environment(new Environment(own, log));
  if (config.result_format == ResultFormat::confluent) {
    auto registry = SchemaRegistry::open({.url = config.registry,
                                          .username = config.registry_user,
                                          .password_file = config.registry_password_file,
                                          .tls_ca = config.registry_ca});
    if (!registry) return std::unexpected(registry.error());
    environment->registry_ = *std::move(registry);
  }
  auto sender = KafkaSender::open({.kafka = kafka_of(config)}, kafka_line(log));
  if (!sender) return std::unexpected(sender.error());
  environment->sender_ = *std::move(sender);
  RunnerParts parts{.store = environment->store_,
                    .upkeep = environment->upkeep_,
                    .sender = *environment->sender_,
                    .clock = clock,
                    .say = say_to(log),
                    .results = results_of(environment->topics_),
                    .feed_problem = [feed = &environment->feed_] { return (*feed)->problem(); }};
  environment->runner_ = std::make_unique<Runner>(std::move(parts), runner_settings(own, config, alone));
  auto feed = KafkaFeed::open(feed_config(own, config), *environment->runner_, kafka_line(log));
  if (!feed) return std::unexpected(feed.error());
  environment->feed_ = *std::move(feed);
  environment->runner_->read_from(*environment->feed_);
  return environment;
}

void Environment::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { end_ = static_cast<int>(run(stop)); });
}

RunnerEnd Environment::run(const std::stop_token& stop) {
  if (registry_ && !register_schemas(stop)) return stop.stop_requested() ? RunnerEnd::stopped : RunnerEnd::failed;
  return runner_->run(stop);
}

bool Environment::register_schemas(const std::stop_token& stop) {
  const auto registered = aggregator::register_schemas(*registry_, topics_, kafka_line(log_), stop);
  if (registered || stop.stop_requested()) return registered.has_value();
  log_.error("the results' schemas can't be registered", {{"database", config_.name}, {"reason", registered.error()}});
  return false;
}

std::optional<RunnerEnd> Environment::ended() const {
  const int end = end_;
  if (end < 0) return std::nullopt;
  return static_cast<RunnerEnd>(end);
}

}  // namespace zonelag::aggregator
