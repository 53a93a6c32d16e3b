// What a consumer and a producer have in common: librdkafka's objects, their log and end.
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

#include "service/kafka/kafka_handles.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

using KafkaErrorHandle = std::unique_ptr<rd_kafka_error_t, service::KafkaDeleter<rd_kafka_error_destroy>>;
using KafkaMessageHandle = std::unique_ptr<rd_kafka_message_t, service::KafkaDeleter<rd_kafka_message_destroy>>;
using KafkaListHandle =
    std::unique_ptr<rd_kafka_topic_partition_list_t, service::KafkaDeleter<rd_kafka_topic_partition_list_destroy>>;

// The opaque pointer of a client's callbacks: outlives the client, and knows when its owner is gone. Log lines come
// from librdkafka's threads, the rest from the owner's.
class ClientLink {
 public:
  ClientLink(void* owner, service::LogLine log) : owner_(owner), log_(std::move(log)) {}

  void* owner() const { return owner_; }
  void line(service::LogLevel level, const std::string& text);
  // No callback from here on.
  void cut();
  // For rd_kafka_conf_set_log_cb(): what matters of it comes as an error, too; the rest is for whoever sets the
  // property "debug".
  static void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text);

 private:
  void* owner_;
  std::mutex mutex_;
  service::LogLine log_;  // under mutex_
};

// Ends a client without waiting for it for longer than `wait`: a name server that does not answer holds it for up to a
// minute. A consumer does not leave its group by this.
void retire(service::KafkaHandle client, std::shared_ptr<ClientLink> link, std::chrono::milliseconds wait);

}  // namespace zonelag::aggregator
