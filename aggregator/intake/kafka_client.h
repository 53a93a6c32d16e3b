// What a consumer and a producer have in common: librdkafka's objects, their settings, log and end.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/intake/kafka_connection.h"

namespace zonelag::aggregator {

template <auto destroy>
struct KafkaDeleter {
  template <typename Object>
  void operator()(Object* object) const {
    destroy(object);
  }
};

using KafkaConfHandle = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter<rd_kafka_conf_destroy>>;
using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDeleter<rd_kafka_destroy>>;
using KafkaTopicHandle = std::unique_ptr<rd_kafka_topic_t, KafkaDeleter<rd_kafka_topic_destroy>>;
using KafkaQueueHandle = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter<rd_kafka_queue_destroy>>;
using KafkaEventHandle = std::unique_ptr<rd_kafka_event_t, KafkaDeleter<rd_kafka_event_destroy>>;
using KafkaErrorHandle = std::unique_ptr<rd_kafka_error_t, KafkaDeleter<rd_kafka_error_destroy>>;
using KafkaMessageHandle = std::unique_ptr<rd_kafka_message_t, KafkaDeleter<rd_kafka_message_destroy>>;
using KafkaListHandle =
    std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter<rd_kafka_topic_partition_list_destroy>>;

using KafkaProperty = std::pair<std::string, std::string>;
using KafkaProperties = std::vector<KafkaProperty>;

// The connection's settings with `ours` over them and the user's properties over those. `promised`: names that the
// user's properties must not have. Error: one line that names the option or file. No password is ever in it.
std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConfig& config, const KafkaProperties& ours,
                                                           const KafkaProperties& promised);

struct BrokerError {
  std::string broker;  // HOST:PORT; empty: of none in particular
  std::string text;    // what is wrong with it, without the broker
};
// Of an error callback: "ssl://127.0.0.1:9092/bootstrap: Connect to ipv4#... failed: Connection refused (after ...)".
BrokerError explain(const KafkaConfig& config, int version, rd_kafka_resp_err_t error, std::string_view reason);

// The opaque pointer of a client's callbacks: outlives the client, and knows when its owner is gone. Log lines come
// from librdkafka's threads, the rest from the owner's.
class ClientLink {
 public:
  ClientLink(void* owner, LogLine log) : owner_(owner), log_(std::move(log)) {}

  void* owner() const { return owner_; }
  void line(LogLevel level, const std::string& text);
  // No callback from here on.
  void cut();
  // For rd_kafka_conf_set_log_cb(): what matters of it comes as an error, too; the rest is for whoever sets the
  // property "debug".
  static void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text);

 private:
  void* owner_;
  std::mutex mutex_;
  LogLine log_;  // under mutex_
};

// Ends a client without waiting for it for longer than `wait`: a name server that does not answer holds it for up to a
// minute. A consumer does not leave its group by this.
void retire(KafkaHandle client, std::shared_ptr<ClientLink> link, std::chrono::milliseconds wait);

}  // namespace zonelag::aggregator
