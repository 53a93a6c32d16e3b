// Asks the brokers whether they are there, and for the topic; creates it where that is wanted. In a thread of its own:
// librdkafka's way to ask for a topic blocks, and poll() must not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "kafka_handles.h"
#include "sensor/publish/kafka_config.h"

namespace zonelag::sensor {

struct ProbeFinding {
  bool reached = false;
  bool topic_found = false;
  bool topic_created = false;  // by us, just now
  std::uint32_t brokers = 0;
  std::uint32_t partitions = 0;
  std::string problem;  // of the topic; empty: none is known
};

// One look; waits at most `wait` for an answer. Any thread.
ProbeFinding look_for_topic(const KafkaConfig& config, rd_kafka_t* client, rd_kafka_topic_t* topic,
                            std::chrono::milliseconds wait);

class KafkaProbe {
 public:
  // All must outlive the probe. Looks at once, and goes on until the topic is found.
  KafkaProbe(const KafkaConfig& config, rd_kafka_t* client, rd_kafka_topic_t* topic);
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
  bool create(const std::stop_token& stop, ProbeFinding& finding);

  const KafkaConfig& config_;
  rd_kafka_t* const client_;
  rd_kafka_topic_t* const topic_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = true;                   // under mutex_
  std::optional<ProbeFinding> finding_;  // under mutex_
  std::jthread thread_;                  // last: it uses all of the above
};

}  // namespace zonelag::sensor
