// What one running sensor says of itself, in one struct: the runner fills it, and metrics, health and the status event
// are made of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decoder/decoder.h"
#include "sensor/live/capture.h"
#include "sensor/publish/event_queue.h"
#include "sensor/publish/producer.h"
#include "sensor/publish/publisher.h"
#include "sensor/publish/spool.h"

namespace zonelag::sensor {

using SteadyTime = std::chrono::steady_clock::time_point;

struct EventCounts {  // that the workers made, by kind
  std::uint64_t notify = 0;
  std::uint64_t transfer = 0;
  std::uint64_t served = 0;
  std::uint64_t stamp = 0;
  std::uint64_t status = 0;
  void count(const decoder::Event& event);
  EventCounts& operator+=(const EventCounts& other);
};

struct WorkerFigures {
  CaptureFigures capture;
  decoder::FrameCounters frame;
  decoder::TcpCounters tcp;
  decoder::DnsCounters dns;
  decoder::DecoderSizes sizes;  // now
  EventCounts events;
  decoder::Timestamp last_packet;  // capture time; the epoch: none yet
  SteadyTime progress;             // when its loop last came round
  bool ended = false;              // CaptureState::ended
};

struct InterfaceFigures {
  std::string name;
  bool up = true;
  std::optional<std::uint64_t> packets;  // where the source tells them apart
};

// What changed last when, from one filling to the next (see FigureHistory); the epoch: never.
struct RecentChanges {
  SteadyTime settled;          // a record was delivered, or none was waiting
  SteadyTime spool_dropped;    // the spool gave up records
  SteadyTime queue_dropped;    // the event queue was full
  SteadyTime capture_dropped;  // the kernel or the DPDK queue dropped packets
};

struct SensorFigures {
  std::string version;
  std::string sensor_id;
  decoder::Timestamp started;
  std::vector<WorkerFigures> workers;
  std::vector<InterfaceFigures> interfaces;
  EventCounts events;
  EventQueueFigures queue;
  std::uint64_t queue_events = 0;  // now
  bool kafka = true;               // false: events go to a file; spool, producer and publisher stay zero
  SpoolFigures spool;
  ProducerFigures producer;
  PublisherFigures publisher;
  decoder::ClockState clock;
  std::uint64_t log_lines_suppressed = 0;
  RecentChanges recent;
};

// Remembers what figures were the last time. One thread, the one that fills the figures, about once a second.
class FigureHistory {
 public:
  // Fills in figures.recent.
  void note(SensorFigures& figures, SteadyTime now);

 private:
  RecentChanges recent_;
  std::uint64_t delivered_ = 0;
  std::uint64_t spool_dropped_ = 0;
  std::uint64_t queue_dropped_ = 0;
  std::uint64_t capture_dropped_ = 0;
  bool started_ = false;
};

}  // namespace zonelag::sensor
