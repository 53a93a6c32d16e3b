// The wall clock and what the kernel says of it, passed in where they are truly meant: heartbeats, ages of spool
// segments, delivery latency, the clock state of events. Nothing on the data path reads it per packet.
#pragma once

#include "decoder/event.h"
#include "decoder/time.h"

namespace zonelag::sensor {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual decoder::Timestamp now() const = 0;
  // adjtimex(2): STA_UNSYNC or TIME_ERROR, maxerror, leap second status.
  virtual decoder::ClockState state() const = 0;
};

// CLOCK_REALTIME and adjtimex. Any thread.
class SystemClock final : public Clock {
 public:
  decoder::Timestamp now() const override;
  decoder::ClockState state() const override;
};

}  // namespace zonelag::sensor
