

#include "kafka_client.h"
#include "producer_settings.h"
#include "sensor/publish/kafka_producer.h"
#include "service/kafka/kafka_health.h"
#include "service/kafka/kafka_settings.h"

namespace zonelag::sensor {
namespace {

using namespace std::chrono_literals;

// Collects what goes wrong; a check produces nothing.
class CheckEvents final : public KafkaEvents {
 public:
  explicit CheckEvents(const KafkaConfig& config) : config_(config) {}

  void error(rd_kafka_resp_err_t error, std::string_view reason) override {
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      all_down_ = true;
    } else {
      health_.broker_error(explain(config_, rd_kafka_version(), error, reason));
    }
  }
  void report(std::uint64_t /*index*/, std::size_t /*bytes*/, rd_kafka_resp_err_t /*error*/) override {}

  // Every broker was tried, and it will not be better a second later.
  bool hopeless() const { return all_down_; }
  service::KafkaHealth& health() { return health_; }

 private:
  const KafkaConfig& config_;
  service::KafkaHealth health_{service::KafkaHealth::Clock::now() - service::KafkaHealth::kPatience};
  bool all_down_ = false;
};

}  // namespace

BrokerCheck check_broker(const KafkaConfig& config, std::chrono::milliseconds wait) {
  KafkaConfig asked = config;
  asked.create_topic = false;  // a check changes nothing
  auto settings = producer_settings(asked);
  if (!settings) return {.problem = settings.error()};
  auto client = KafkaClient::open(asked, **settings, std::nullopt, [](service::LogLevel, const std::string&) {});
  if (!client) return {.problem = client.error()};
  CheckEvents events(asked);
  service::ProbeFinding finding;
  const auto deadline = service::KafkaHealth::Clock::now() + wait;
  while (!finding.reached && service::KafkaHealth::Clock::now() < deadline) {
    (*client)->poll(50ms, events);
    if (auto found = (*client)->probe().take()) finding = *found;
    events.health().found(finding);
    if (!finding.reached && events.hopeless()) break;
  }
  RetiredClient(std::move(*client)).gone(1s);
  return {
      .reached = finding.reached,
      .topic_found = finding.topic_found,
      .brokers = finding.brokers,
      .partitions = finding.partitions,
      .problem = events.health().problem(service::KafkaHealth::Clock::now(), false, service::joined_brokers(asked))};
}

}  // namespace zonelag::sensor
