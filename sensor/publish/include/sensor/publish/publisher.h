// Events to the spool, and from the spool to the producer: what is delivered leaves the spool, what fails is sent again
// in order. One thread; a step at a time, so that tests need no thread at all.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decoder/event.h"
#include "sensor/clock.h"
#include "sensor/publish/producer.h"
#include "sensor/publish/spool.h"

namespace zonelag::sensor {

// Counts of durations by upper bound, as Prometheus has them.
struct LatencyFigures {
  static constexpr std::array kBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0};  // seconds
  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // the last: beyond all
  double sum = 0;                                          // seconds
};

struct PublisherFigures {
  std::uint64_t encoded = 0;
  std::uint64_t refused = 0;  // records that the broker will never take, or larger than a record may be: passed over
  std::uint64_t rewinds = 0;  // reading the spool began again after a failure
  LatencyFigures latency;     // from an event's capture time to its acknowledgement, of events of this run;
                              // of a backlog, the youngest 65,536 are timed
};

class Publisher final : private DeliveryConsumer {
 public:
  // All must outlive the publisher.
  Publisher(Spool& spool, Producer& producer, const Clock& clock) : spool_(spool), producer_(producer), clock_(clock) {}

  // Spools these events, hands to the producer what it takes, serves its deliveries for at most `wait`.
  void step(const std::vector<decoder::Event>& events, std::chrono::milliseconds wait);
  // Nothing is left to be delivered.
  bool drained() const { return under_way_.empty() && !more_; }

  const PublisherFigures& figures() const { return figures_; }

 private:
  struct UnderWay {
    std::uint64_t index = 0;
    decoder::Timestamp captured_at;  // the epoch: not timed
    bool done = false;
  };
  // What the producer did not take yet.
  struct Held {
    std::uint64_t index = 0;
    std::string key;
    std::string value;
  };

  void delivery(std::uint64_t index, Delivery delivery) override;
  void spool(const std::vector<decoder::Event>& events);
  void send();
  bool produce(const SpoolRecord& record);
  void settle();
  void start_again();
  void measure(const UnderWay& record);
  decoder::Timestamp captured_at(std::uint64_t index);

  Spool& spool_;
  Producer& producer_;
  const Clock& clock_;
  std::deque<UnderWay> under_way_;                                     // produced, oldest first; indexes ascend
  std::deque<std::pair<std::uint64_t, decoder::Timestamp>> captured_;  // of appended records that were not produced yet
  std::optional<Held> held_;
  std::string encoded_;
  decoder::Timestamp maintained_;
  bool more_ = true;  // the spool may have records that were not produced
  bool failed_ = false;
  PublisherFigures figures_;
};

}  // namespace zonelag::sensor
