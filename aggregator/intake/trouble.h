// What keeps a client from its work, in one line, out of all that librdkafka says; and one log line when that changes.
// One thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "service/kafka/broker_errors.h"
#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

class Trouble {
 public:
  using Clock = std::chrono::steady_clock;

  // fine: what is logged when it is over, such as "kafka: delivering again".
  Trouble(service::LogLine log, std::string fine) : log_(std::move(log)), fine_(std::move(fine)) {}

  // Of a broker, as an error callback has it. No problem by itself: brokers close idle connections, too.
  void broker_error(service::BrokerError error) { errors_.add(std::move(error)); }
  // Certain, until something works.
  void failed(std::string text) { failure_ = std::move(text); }
  void works();
  // Work is under way from here on.
  void begins() { since_ = Clock::now(); }

  // `waiting`: for something that should have come. Empty: nothing is known to be wrong.
  std::string problem(bool waiting) const;
  // All brokers' last errors in one line; empty: none since something worked.
  std::string broker_errors() const { return errors_.text(); }
  // Logs when the problem is another one than before, or over.
  void tell(bool waiting);

 private:
  service::LogLine log_;
  std::string fine_;
  std::string failure_;
  service::BrokerErrors errors_;
  Clock::time_point since_ = Clock::now();  // of the last sign of progress
  bool worked_ = false;                     // since told_
  std::string told_;
};

}  // namespace zonelag::aggregator
