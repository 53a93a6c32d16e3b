// One capture worker: its packets, its pipeline, its state, run to completion in one thread.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "figures.h"
#include "orders.h"
#include "sensor/clock.h"
#include "sensor/live/capture.h"
#include "sensor/pipeline.h"
#include "sensor/publish/event_queue.h"

namespace zonelag::sensor {

class Worker final : private BatchConsumer, private EventConsumer {
 public:
  // What several workers share; all must outlive them.
  struct Surroundings {
    const SharedOrders& orders;
    EventQueue& queue;
    const Clock& clock;
  };

  Worker(std::unique_ptr<Capture> capture, SensorIdentity identity, const decoder::DecoderLimits& limits,
         Surroundings surroundings);

  // Until stop is requested or the capture has ended; in a thread of its own.
  void run(const std::stop_token& stop);
  // Any thread: a wait for packets ends.
  void wake() { capture_->wake(); }

  // Any thread; about a second old.
  WorkerFigures figures() const { return published_.get(); }
  // Any thread: what became of the interfaces since the last call.
  std::vector<InterfaceNotice> take_notices();

 private:
  void packets(std::span<const decoder::Packet> batch) override;
  void event(decoder::Event&& event, decoder::Bytes message) override;
  void follow_orders();
  void publish(bool ended);

  std::unique_ptr<Capture> capture_;
  Surroundings surroundings_;
  Pipeline pipeline_;
  std::shared_ptr<const Orders> followed_;
  EventCounts events_;
  decoder::Timestamp last_packet_;
  SharedValue<WorkerFigures> published_;
  SharedValue<std::vector<InterfaceNotice>> notices_;
};

}  // namespace zonelag::sensor
