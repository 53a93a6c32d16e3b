// A bus that takes, delays, reorders, refuses and fails as a test wants it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sensor/publish/producer.h"

namespace zonelag::sensor {

class FakeProducer final : public Producer {
 public:
  struct Record {
    std::uint64_t index = 0;
    std::string key;
    std::string value;
  };

  ProduceResult produce(std::uint64_t index, std::string_view key, std::string_view value) override {
    if (must_reset_) ++misuses_;
    if (full() || waiting_.size() >= most_) return ProduceResult::full;
    if (refuses(index)) return ProduceResult::refused;
    waiting_.push_back({index, std::string(key), std::string(value)});
    return ProduceResult::taken;
  }

  // The fate of each record that is under way; `hold` leaves it there.
  void poll(std::chrono::milliseconds wait, DeliveryConsumer& consumer) override {
    last_wait_ = wait;
    std::deque<Record> held;
    while (!waiting_.empty()) {
      Record record = std::move(waiting_.front());
      waiting_.pop_front();
      switch (fate(record.index)) {
        case Fate::hold: held.push_back(std::move(record)); break;
        case Fate::deliver:
          arrived_.push_back(record);
          consumer.delivery(record.index, Delivery::delivered);
          break;
        case Fate::lose_acknowledgement:  // it is there, but we are not told
          arrived_.push_back(record);
          [[fallthrough]];
        case Fate::fail:
          must_reset_ = true;
          consumer.delivery(record.index, Delivery::failed);
          break;
        case Fate::refuse: consumer.delivery(record.index, Delivery::refused); break;
      }
    }
    waiting_ = std::move(held);
  }

  void reset() override {
    waiting_.clear();
    must_reset_ = false;
    ++resets_;
  }
  ProducerFigures figures() const override { return {}; }

  enum class Fate : std::uint8_t { hold, deliver, lose_acknowledgement, fail, refuse };
  std::size_t most_ = 100;
  std::function<bool()> full = [] { return false; };
  std::function<bool(std::uint64_t)> refuses = [](std::uint64_t) { return false; };
  std::function<Fate(std::uint64_t)> fate = [](std::uint64_t) { return Fate::deliver; };

  std::vector<Record> arrived_;  // at the broker
  std::size_t under_way() const { return waiting_.size(); }
  int resets_ = 0;
  int misuses_ = 0;  // produced after a failure, before reset()
  std::chrono::milliseconds last_wait_{-1};

 private:
  std::deque<Record> waiting_;
  bool must_reset_ = false;
};

}  // namespace zonelag::sensor
