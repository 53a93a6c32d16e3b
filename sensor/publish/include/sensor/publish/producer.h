// What the publisher asks of a message bus: named fakes and librdkafka implement it. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace zonelag::sensor {

enum class ProduceResult : std::uint8_t {
  taken,
  full,     // its bounded queue is full, or it is not connected yet: try again after poll()
  refused,  // can never be sent (larger than the broker takes): to be counted and passed over
};

enum class Delivery : std::uint8_t {
  delivered,
  refused,  // the broker will never take this one
  failed,   // this one and those behind it must be sent again, from the first undelivered one on
};

class DeliveryConsumer {
 public:
  virtual ~DeliveryConsumer() = default;
  // Of the record that was produced with `index`; delivered and refused ones in any order.
  virtual void delivery(std::uint64_t index, Delivery delivery) = 0;
};

struct ProducerFigures {
  std::uint64_t produced = 0;   // handed to the library, repeats included
  std::uint64_t delivered = 0;  // acknowledged
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t restarts = 0;       // the library's client was made anew after a fatal error
  std::uint64_t queue_records = 0;  // now
  std::uint64_t queue_bytes = 0;    // now
  bool connected = false;           // now: at least one broker
  bool topic_ready = false;         // now: the topic is there
  std::string problem;              // now: one clear line, what keeps records from being delivered; empty: nothing
};

class Producer {
 public:
  virtual ~Producer() = default;
  // Key and value are copied or sent before it returns.
  virtual ProduceResult produce(std::uint64_t index, std::string_view key, std::string_view value) = 0;
  // Serves deliveries and the connection; waits at most `wait` for the first of them.
  virtual void poll(std::chrono::milliseconds wait, DeliveryConsumer& consumer) = 0;
  // After a Delivery::failed, before records are produced again: forgets everything under way, without a callback.
  virtual void reset() = 0;
  virtual ProducerFigures figures() const = 0;
};

}  // namespace zonelag::sensor
