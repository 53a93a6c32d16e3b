// KafkaProducer: Producer over one KafkaClient at a time. open_kafka() gives it; the header is for tests.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kafka_client.h"
#include "sensor/publish/kafka_producer.h"
#include "service/kafka/kafka_health.h"

namespace zonelag::sensor {

class KafkaProducer final : public Producer, private KafkaEvents {
 public:
  // `version`: librdkafka's, as rd_kafka_version() has it.
  static std::expected<std::unique_ptr<Producer>, std::string> open(const KafkaConfig& config, service::LogLine log,
                                                                    int version = rd_kafka_version());
  // Flushes nothing. Returns within about a second, whatever the brokers and name servers do.
  ~KafkaProducer() override;
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  ProduceResult produce(std::uint64_t index, std::string_view key, std::string_view value) override;
  void poll(std::chrono::milliseconds wait, DeliveryConsumer& consumer) override;
  void reset() override;
  ProducerFigures figures() const override;

 private:
  using Clock = std::chrono::steady_clock;

  KafkaProducer(const KafkaConfig& config, service::KafkaConfHandle settings, service::LogLine log, int version);
  std::expected<void, std::string> open_client();
  void retire_client();
  void error(rd_kafka_resp_err_t error, std::string_view reason) override;
  void report(std::uint64_t index, std::size_t bytes, rd_kafka_resp_err_t error) override;
  Delivery too_large(std::size_t bytes);
  void fail(std::string why);
  void note_finding();
  void revive();
  void tell();
  bool takes(std::size_t bytes) const;

  const KafkaConfig config_;
  const service::KafkaConfHandle settings_;
  const service::LogLine log_;
  const int version_;
  const std::string brokers_;
  std::unique_ptr<KafkaClient> client_;
  RetiredClient retired_;
  service::KafkaHealth health_;
  DeliveryConsumer* consumer_ = nullptr;  // during poll()
  ProducerFigures figures_;
  bool broken_ = false;          // the client can't go on
  bool awaiting_reset_ = false;  // a failure was reported
  Clock::duration hold_{};       // nothing is produced for so long after a failure; grows until something is delivered
  Clock::time_point held_until_;
  std::optional<std::size_t> batch_bytes_;  // less than librdkafka's own, which the topic has refused
  std::string told_;                        // the problem that was logged last; empty: none, or it is over
};

}  // namespace zonelag::sensor
