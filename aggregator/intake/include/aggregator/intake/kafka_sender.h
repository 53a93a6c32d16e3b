// librdkafka's idempotent producer behind ResultSender: what cannot be delivered is tried for ever, in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "aggregator/intake/result_sender.h"
#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

struct SenderConfig {
  service::KafkaConnection kafka;
  std::string compression = "zstd";
  std::chrono::milliseconds linger{5};
  // What may wait before send() refuses. One entry is always taken when nothing waits.
  std::size_t max_bytes = 64U << 20;
  std::size_t max_entries = 10'000;
};

struct SenderFigures {
  std::uint64_t delivered = 0;  // messages
  std::uint64_t failed = 0;     // attempts at them that did not succeed
  std::uint64_t restarts = 0;   // new clients after a failure: what was under way is sent again
  std::uint64_t too_large = 0;  // messages that the topic can never take: given up, counted as delivered
  std::uint64_t waiting_bytes = 0;
  std::size_t waiting_entries = 0;
};

class KafkaSender : public ResultSender {
 public:
  // Does not wait for a broker. Error: one line that names the option or file that is wrong.
  static std::expected<std::unique_ptr<KafkaSender>, std::string> open(const SenderConfig& config,
                                                                       service::LogLine log);

  // Waits at most so long for what is waiting. True: all of it was delivered. Ids are still to be had of delivered().
  virtual bool flush(std::chrono::milliseconds within) = 0;
  virtual SenderFigures figures() const = 0;
  // Why nothing is delivered, in one line; empty: nothing is known to be wrong.
  virtual std::string problem() const = 0;
};

}  // namespace zonelag::aggregator
