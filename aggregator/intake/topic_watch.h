// How many partitions a topic has, asked for again and again. In a thread of its own: librdkafka's way to ask blocks.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace zonelag::aggregator {

struct TopicLook {
  bool reached = false;                                    // a broker answered
  std::int32_t partitions = 0;                             // 0: there is no such topic, or its error says why
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // the topic's
};

// One look; waits at most `wait` for an answer. Any thread.
TopicLook look_at_topic(rd_kafka_t* client, const std::string& topic, std::chrono::milliseconds wait);

class TopicWatch {
 public:
  using Clock = std::chrono::steady_clock;
  struct State {
    TopicLook last;
    std::uint64_t looks = 0;
    Clock::time_point since;      // `last` has been like this (reached, found) since then
    std::int32_t partitions = 0;  // of the last look that found the topic
  };

  // The client must outlive the watch. Looks at once, each second until the topic is found, then each `refresh`.
  TopicWatch(rd_kafka_t* client, std::string topic, std::chrono::milliseconds refresh);
  TopicWatch(const TopicWatch&) = delete;
  TopicWatch& operator=(const TopicWatch&) = delete;

  State state() const;
  void look_again();
  // What somebody else has found out.
  void note(const TopicLook& look);

 private:
  void run(const std::stop_token& stop);
  void take(const TopicLook& look);

  rd_kafka_t* const client_;
  const std::string topic_;
  const std::chrono::milliseconds refresh_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  State state_;          // under mutex_
  bool wanted_ = false;  // under mutex_
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace zonelag::aggregator
