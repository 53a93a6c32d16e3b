// What keeps records from being delivered, in one line, from all that the brokers and librdkafka say. No I/O, and its
// caller's clock. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "service/kafka/broker_errors.h"
#include "service/kafka/kafka_probe.h"

namespace zonelag::service {

class KafkaHealth {
 public:
  using Clock = std::chrono::steady_clock;
  // Nothing heard, or nothing acknowledged, for so long is a problem.
  static constexpr std::chrono::seconds kPatience{10};

  explicit KafkaHealth(Clock::time_point now) : since_(now) {}

  void broker_error(BrokerError error) { errors_.add(std::move(error)); }
  void all_down();
  void found(const ProbeFinding& finding);
  void topic_lost() { topic_ready_ = false; }
  // Shows that a broker is reached, too.
  void delivered(Clock::time_point now);
  // Records are under way from here on.
  void sent(Clock::time_point now) { since_ = now; }
  // Stays until something is delivered.
  void failed(std::string text) { failure_ = std::move(text); }
  // A new client, with all before it.
  void restarted(Clock::time_point now);

  bool connected() const { return connected_; }
  bool topic_ready() const { return topic_ready_; }
  // Empty: none. `waiting`: records are under way.
  std::string problem(Clock::time_point now, bool waiting, std::string_view brokers) const;

 private:
  bool connected_ = false;
  bool looked_in_vain_ = false;
  bool topic_ready_ = false;
  std::string topic_problem_;
  std::string failure_;
  BrokerErrors errors_;
  Clock::time_point since_;  // of the last sign of progress
};

}  // namespace zonelag::service
