// One rd_kafka_t with its topic: what KafkaProducer makes anew after a failure. One thread, but for its log.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sensor/publish/kafka_config.h"
#include "sensor/publish/kafka_producer.h"
#include "service/kafka/kafka_handles.h"
#include "service/kafka/kafka_probe.h"

namespace zonelag::sensor {

class KafkaEvents {
 public:
  virtual ~KafkaEvents() = default;
  virtual void error(rd_kafka_resp_err_t error, std::string_view reason) = 0;
  // bytes: of key and value.
  virtual void report(std::uint64_t index, std::size_t bytes, rd_kafka_resp_err_t error) = 0;
};

class KafkaClient {
 public:
  // batch_bytes: of a batch of more than one record. Error: one line, e.g. a key that can't be read.
  static std::expected<std::unique_ptr<KafkaClient>, std::string> open(const KafkaConfig& config,
                                                                       const rd_kafka_conf_t& settings,
                                                                       std::optional<std::size_t> batch_bytes,
                                                                       service::LogLine log);
  // May last as long as a name resolution or a probe's look; nothing is delivered or reported any more.
  ~KafkaClient() = default;
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_resp_err_t produce(std::uint64_t index, std::string_view key, std::string_view value);
  // Waits at most `wait` for the first event, and gives all.
  void poll(std::chrono::milliseconds wait, KafkaEvents& events);
  // Everything under way fails, and is reported.
  void purge();
  // No log line from here on.
  void mute();
  service::KafkaProbe& probe() { return *probe_; }
  // The error that it can't go on from; NO_ERROR: none.
  std::pair<rd_kafka_resp_err_t, std::string> fatal() const;

 private:
  KafkaClient(KafkaConfig config, service::LogLine log) : config_(std::move(config)), log_(std::move(log)) {}

  static void on_error(rd_kafka_t* client, int error, const char* reason, void* self);
  static void on_report(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  static void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text);

  const KafkaConfig config_;
  std::mutex log_mutex_;
  service::LogLine log_;  // under log_mutex_; librdkafka's threads call it
  KafkaEvents* events_ = nullptr;
  service::KafkaHandle client_;
  service::KafkaTopicHandle topic_;
  std::unique_ptr<service::KafkaProbe> probe_;  // goes first
};

// Destroys a client without waiting for it for long: a name server that does not answer holds it for up to a minute.
class RetiredClient {
 public:
  RetiredClient() = default;
  explicit RetiredClient(std::unique_ptr<KafkaClient> client);
  // Waits at most `wait`; true: it is gone.
  bool gone(std::chrono::milliseconds wait);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace zonelag::sensor
