// Asks the brokers whether they are there, and for the topic; creates it where that is wanted. In a thread of its own:
// librdkafka's way to ask for a topic blocks, and poll() must not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "service/kafka/kafka_connection.h"
#include "service/kafka/kafka_handles.h"
#include "service/kafka/kafka_topic.h"

namespace zonelag::service {

struct ProbeFinding {
  bool reached = false;
  bool topic_found = false;
  bool topic_created = false;  // by us, just now
  std::uint32_t brokers = 0;
  std::uint32_t partitions = 0;
  std::string problem;  // of the topic; empty: none is known
};

// One look; waits at most `wait` for an answer. Any thread.
ProbeFinding look_for_topic(const KafkaConnection& connection, const KafkaTopic& topic, rd_kafka_t* client,
                            rd_kafka_topic_t* handle, std::chrono::milliseconds wait);

// True: the topic is there now. False: `stop` came first. Error: one line, why it can't be created. Any thread.
std::expected<bool, std::string> create_topic(rd_kafka_t* client, const KafkaTopic& topic,
                                              const std::stop_token& stop = {});

class KafkaProbe {
 public:
  // References and pointers must outlive the probe. Looks at once, and goes on until the topic is found.
  KafkaProbe(const KafkaConnection& connection, KafkaTopic topic, rd_kafka_t* client, rd_kafka_topic_t* handle);
  // Waits for the look that is under way.
  ~KafkaProbe() = default;
  KafkaProbe(const KafkaProbe&) = delete;
  KafkaProbe& operator=(const KafkaProbe&) = delete;

  // Looks again, until the topic is found.
  void look_again();
  // What was found since the last call.
  std::optional<ProbeFinding> take();

 private:
  void run(const std::stop_token& stop);
  void create(const std::stop_token& stop, ProbeFinding& finding);

  const KafkaConnection& connection_;
  const KafkaTopic topic_;
  rd_kafka_t* const client_;
  rd_kafka_topic_t* const handle_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = true;                   // under mutex_
  std::optional<ProbeFinding> finding_;  // under mutex_
  std::jthread thread_;                  // last: it uses all of the above
};

}  // namespace zonelag::service
