// What the publisher does, without a spool: produces records 1, 2, ... in order, and begins again at the first
// undelivered one after a failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sensor/publish/kafka_producer.h"

namespace zonelag::tests {

struct SentRecord {
  std::string key;
  std::string value;
};

class KafkaSender final : private sensor::DeliveryConsumer {
 public:
  KafkaSender(sensor::Producer& producer, std::vector<SentRecord> records)
      : producer_(producer), records_(std::move(records)) {}

  // One round; true: every record was delivered or refused.
  bool step(std::chrono::milliseconds wait = std::chrono::milliseconds(10));
  // Rounds until `done`; false: not within that time.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds within);
  bool finish(std::chrono::milliseconds within = std::chrono::seconds(30)) {
    return run_until([this] { return finished(); }, within);
  }

  void add(SentRecord record) { records_.push_back(std::move(record)); }
  bool finished() const { return settled_.size() == records_.size(); }
  std::size_t delivered() const { return settled_.size() - refused_.size(); }
  const std::set<std::uint64_t>& refused() const { return refused_; }
  std::size_t resets() const { return resets_; }
  bool was_full() const { return was_full_; }

 private:
  void delivery(std::uint64_t index, sensor::Delivery delivery) override;

  sensor::Producer& producer_;
  std::vector<SentRecord> records_;
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> settled_;
  std::set<std::uint64_t> refused_;
  std::size_t resets_ = 0;
  bool failed_ = false;
  bool was_full_ = false;
};

// Log lines of a producer; any thread.
class LogLines {
 public:
  service::LogLine to();
  // Of info and above.
  std::vector<std::string> lines() const;
  std::string all() const;  // those of debug, too

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::string all_;
};

}  // namespace zonelag::tests
