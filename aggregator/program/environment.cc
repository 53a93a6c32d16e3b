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

LogLine kafka_line(service::Log& log) {
  return
      [&log](LogLevel level, const std::string& line) { log.write(static_cast<service::LogLevel>(level), line, line); };
}

KafkaConfig kafka_of(const AggregatorConfig& config) {
  const service::KafkaConnection& from = config.kafka;
  return {.brokers = from.brokers,
          .client_id = from.client_id.empty() ? "zonelag-aggregator" : from.client_id,
          .security = static_cast<KafkaSecurity>(from.security),
          .tls_ca = from.tls_ca,
          .tls_certificate = from.tls_certificate,
          .tls_key = from.tls_key,
          .tls_key_password_file = from.tls_key_password_file,
          .sasl_mechanism = from.sasl_mechanism,
          .sasl_username = from.sasl_username,
          .sasl_password_file = from.sasl_password_file,
          .properties = from.properties};
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

// Rows as messages of the topics; none where no topic is wanted.
std::function<void(const Changes&, Timestamp, std::vector<OutgoingMessage>&)> results_of(const EnvironmentConfig& own) {
  const ResultTopics topics{.lags = own.lags_topic, .slas = own.slas_topic};
  if (topics.lags.empty() && topics.slas.empty()) return {};
  return [topics](const Changes& changes, Timestamp judged_at, std::vector<OutgoingMessage>& into) {
    encode_results(changes, judged_at, topics, into);
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

Environment::Environment(const EnvironmentConfig& own, const AggregatorConfig& /*config*/)
    : config_(own),
      store_({.connection = own.connection,
              .password_file = own.password_file,
              .topic = own.topic,
              .legacy_lags = own.legacy_lags}),
      upkeep_(store_, own.keep_rows, own.keep_versions) {}

std::expected<std::unique_ptr<Environment>, std::string> Environment::open(const EnvironmentConfig& own,
                                                                           const AggregatorConfig& config, bool alone,
                                                                           service::Log& log, const Clock& clock) {
  std::unique_ptr<Environment> environment(new Environment(own, config));
  auto sender = KafkaSender::open({.kafka = kafka_of(config)}, kafka_line(log));
  if (!sender) return std::unexpected(sender.error());
  environment->sender_ = *std::move(sender);
  RunnerParts parts{.store = environment->store_,
                    .upkeep = environment->upkeep_,
                    .sender = *environment->sender_,
                    .clock = clock,
                    .say = say_to(log),
                    .results = results_of(own),
                    .feed_problem = [feed = &environment->feed_] { return (*feed)->problem(); }};
  environment->runner_ = std::make_unique<Runner>(std::move(parts), runner_settings(own, config, alone));
  auto feed = KafkaFeed::open(feed_config(own, config), *environment->runner_, kafka_line(log));
  if (!feed) return std::unexpected(feed.error());
  environment->feed_ = *std::move(feed);
  environment->runner_->read_from(*environment->feed_);
  return environment;
}

void Environment::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { end_ = static_cast<int>(runner_->run(stop)); });
}

std::optional<RunnerEnd> Environment::ended() const {
  const int end = end_;
  if (end < 0) return std::nullopt;
  return static_cast<RunnerEnd>(end);
}

}  // namespace zonelag::aggregator
