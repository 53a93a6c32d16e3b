// The thread that moves events from the queue to the output.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "output.h"
#include "sensor/publish/event_queue.h"
#include "sensor/shared_value.h"

namespace zonelag::sensor {

class PublisherThread {
 public:
  // Starts. Both must outlive it.
  PublisherThread(EventQueue& queue, Output& output);

  // Any thread.
  void reconfigure(const SpoolConfig& spool) { wanted_.set(spool); }
  OutputFigures figures() const { return published_.get(); }
  bool output_failed() const { return output_failed_; }

  // When no event comes any more: until all has arrived, at most `most`. True: it has. False:
  // to be called again, to go on.
  bool finish(std::chrono::milliseconds most);

 private:
  void run(const std::stop_token& stop);
  void round(std::vector<decoder::Event>& events);

  EventQueue& queue_;
  Output& output_;
  SharedValue<std::optional<SpoolConfig>> wanted_;
  SharedValue<OutputFigures> published_;
  std::atomic<bool> output_failed_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace zonelag::sensor
