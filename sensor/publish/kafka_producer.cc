#include "sensor/publish/kafka_producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "kafka_producer_impl.h"
#include "producer_settings.h"
#include "service/kafka/kafka_settings.h"

namespace zonelag::sensor {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodbye = 1000ms;  // for a client to end
constexpr auto kFirstHold = 500ms;
constexpr auto kLongestHold = 10s;
constexpr std::size_t kBatchBytes = 1'000'000;  // librdkafka's batch.size
constexpr std::size_t kFraming = 100;           // of a batch and a record in it, at most

}  // namespace

std::expected<std::unique_ptr<Producer>, std::string> open_kafka(const KafkaConfig& config, service::LogLine log) {
  return KafkaProducer::open(config, std::move(log));
}

std::expected<std::unique_ptr<Producer>, std::string> KafkaProducer::open(const KafkaConfig& config,
                                                                          service::LogLine log, int version) {
  auto settings = producer_settings(config);
  if (!settings) return std::unexpected(settings.error());
  std::unique_ptr<KafkaProducer> self(new KafkaProducer(config, std::move(*settings), std::move(log), version));
  if (auto opened = self->open_client(); !opened) return std::unexpected(opened.error());
  return self;
}

KafkaProducer::KafkaProducer(const KafkaConfig& config, service::KafkaConfHandle settings, service::LogLine log,
                             int version)
    : config_(config),
      settings_(std::move(settings)),
      log_(std::move(log)),
      version_(version),
      brokers_(service::joined_brokers(config)),
      health_(Clock::now()) {}

KafkaProducer::~KafkaProducer() {
  retire_client();
  retired_.gone(kGoodbye);
}

std::expected<void, std::string> KafkaProducer::open_client() {
  auto client = KafkaClient::open(config_, *settings_, batch_bytes_, log_);
  if (!client) return std::unexpected(client.error());
  client_ = std::move(*client);
  broken_ = false;
  return {};
}

void KafkaProducer::retire_client() {
  if (client_) retired_ = RetiredClient(std::move(client_));
  figures_.queue_records = figures_.queue_bytes = 0;
}

bool KafkaProducer::takes(std::size_t bytes) const {
  if (!client_ || broken_ || !health_.topic_ready() || Clock::now() < held_until_) return false;
  if (figures_.queue_records == 0) return true;  // one record always fits
  return figures_.queue_records < config_.max_queue_records && figures_.queue_bytes + bytes <= config_.max_queue_bytes;
}

ProduceResult KafkaProducer::produce(std::uint64_t index, std::string_view key, std::string_view value) {
  const std::size_t bytes = key.size() + value.size();
  if (!takes(bytes)) return ProduceResult::full;
  switch (client_->produce(index, key, value)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: ++figures_.refused; return ProduceResult::refused;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      health_.topic_lost();
      client_->probe().look_again();
      return ProduceResult::full;
    default: return ProduceResult::full;
  }
  if (figures_.queue_records == 0) health_.sent(Clock::now());
  ++figures_.produced;
  ++figures_.queue_records;
  figures_.queue_bytes += bytes;
  return ProduceResult::taken;
}

void KafkaProducer::poll(std::chrono::milliseconds wait, DeliveryConsumer& consumer) {
  if (client_) {
    consumer_ = &consumer;
    client_->poll(wait, *this);
    consumer_ = nullptr;
    note_finding();
  } else if (retired_.gone(wait)) {
    std::this_thread::sleep_for(std::clamp<Clock::duration>(held_until_ - Clock::now(), 0ms, wait));
  }
  revive();
  tell();
}

void KafkaProducer::reset() {
  ++figures_.restarts;
  awaiting_reset_ = false;
  retire_client();
  health_.restarted(Clock::now());
  // poll() goes on when it takes longer: there is never more than one that is about to end.
  if (!retired_.gone(kGoodbye)) return;
  revive();
}

// A client where there is none, or where a broken one has nothing under way that a reset() would follow.
void KafkaProducer::revive() {
  if (client_ && broken_ && figures_.queue_records == 0 && !awaiting_reset_) return reset();
  if (client_ || !retired_.gone(0ms) || Clock::now() < held_until_) return;
  if (auto opened = open_client(); !opened) {
    health_.failed(opened.error());
    held_until_ = Clock::now() + kLongestHold;
  }
}

ProducerFigures KafkaProducer::figures() const {
  ProducerFigures figures = figures_;
  figures.connected = health_.connected();
  figures.topic_ready = health_.topic_ready();
  figures.problem = health_.problem(Clock::now(), figures_.queue_records > 0, brokers_);
  return figures;
}

void KafkaProducer::error(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    health_.all_down();
    client_->probe().look_again();
  } else if (error == RD_KAFKA_RESP_ERR__FATAL) {
    const auto [code, text] = client_->fatal();
    fail(code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ? explain(config_, code) : text);
  } else {
    health_.broker_error(explain(config_, version_, error, reason));
  }
}

void KafkaProducer::report(std::uint64_t index, std::size_t bytes, rd_kafka_resp_err_t error) {
  --figures_.queue_records;
  figures_.queue_bytes -= bytes;
  Delivery delivery = Delivery::failed;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivery = Delivery::delivered;
    ++figures_.delivered;
    // What another partition still takes does not undo a failure.
    if (!broken_) {
      health_.delivered(Clock::now());
      hold_ = {};
    }
  } else if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
    delivery = too_large(bytes);
  } else if (!broken_) {
    fail(explain(config_, error));
  }
  if (delivery == Delivery::refused) ++figures_.refused;
  if (delivery == Delivery::failed) {
    ++figures_.failed;
    awaiting_reset_ = true;
  }
  consumer_->delivery(index, delivery);
}

// The broker says it of a whole batch. Only a record that was sent alone can be the one to blame: until then, smaller
// batches.
Delivery KafkaProducer::too_large(std::size_t bytes) {
  const std::size_t limit = batch_bytes_.value_or(kBatchBytes);
  if (bytes + kFraming >= limit || limit <= kFraming) return Delivery::refused;
  if (!broken_) {
    batch_bytes_ = limit / 4;
    log_(service::LogLevel::warning,
         fmt::format("kafka: topic '{}' does not take batches of {} bytes (max.message.bytes): at "
                     "most {} from here on",
                     config_.topic, limit, *batch_bytes_));
    broken_ = true;
    client_->purge();
  }
  return Delivery::failed;
}

// What is behind a failed record must not overtake it.
void KafkaProducer::fail(std::string why) {
  broken_ = true;
  hold_ = std::clamp<Clock::duration>(hold_ * 2, kFirstHold, kLongestHold);
  held_until_ = Clock::now() + hold_;
  health_.failed(std::move(why));
  client_->purge();
}

void KafkaProducer::note_finding() {
  const auto finding = client_->probe().take();
  if (!finding) return;
  health_.found(*finding);
  if (finding->topic_created) {
    log_(service::LogLevel::info, fmt::format("kafka: created topic '{}': {} partitions, replication {}", config_.topic,
                                              config_.partitions, config_.replication));
  }
}

// One line when a problem is there or another, one when it is over.
void KafkaProducer::tell() {
  const std::string problem = health_.problem(Clock::now(), figures_.queue_records > 0, brokers_);
  if (problem == told_) return;
  if (!problem.empty()) {
    log_(service::LogLevel::warning, fmt::format("kafka: {}; events stay in the spool", problem));
  } else if (health_.topic_ready() && health_.connected()) {
    log_(service::LogLevel::info, "kafka: delivering again");
  } else {
    return;  // not over, just not known
  }
  told_ = problem;
}

}  // namespace zonelag::sensor
