// Packets as they come, in batches: one Capture is one worker's share, from libpcap's ring or a DPDK queue.
// Files are read through PacketSource; both end in the same Pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "decoder/packet.h"

namespace zonelag::sensor {

class BatchConsumer {
 public:
  virtual ~BatchConsumer() = default;
  // Packets in capture order; they and their data are valid for the call.
  virtual void packets(std::span<const decoder::Packet> batch) = 0;
};

enum class CaptureState : std::uint8_t {
  packets,  // some were handed over; there may be more at once
  idle,     // none came within the wait
  ended,    // there will be none any more: a replaying DPDK device at its end, or a capture that can't be reopened
};

// Since the capture was opened, summed over its interfaces.
struct CaptureFigures {
  std::uint64_t packets = 0;            // handed to the consumer
  std::uint64_t bytes = 0;              // on the wire
  std::uint64_t dropped = 0;            // by the kernel or the DPDK queue, because we did not keep up
  std::uint64_t interface_dropped = 0;  // by the network card, as far as it tells
  bool drops_known = true;              // false: the driver does not count them (net_af_packet)
  friend bool operator==(const CaptureFigures&, const CaptureFigures&) = default;
};

enum class InterfaceChange : std::uint8_t { down, up, gone, back, failed };
const char* to_string(InterfaceChange change);

// What became of an interface, for the log: "eth0: gone".
struct InterfaceNotice {
  std::string interface;
  InterfaceChange change = InterfaceChange::down;
  std::string reason;  // of failed: one clear line; else empty
};

// One thread, but for wake().
class Capture {
 public:
  virtual ~Capture() = default;
  // Waits at most `wait` for packets and hands over what there is, a bounded number of them, so that the caller gets
  // its turn also when packets come faster than they are taken.
  virtual CaptureState poll(std::chrono::milliseconds wait, BatchConsumer& consumer) = 0;
  // From any thread and from a signal handler: a poll() that waits returns soon.
  virtual void wake() = 0;
  // A system call or two; for once a second, not once a packet.
  virtual CaptureFigures figures() = 0;
  // Of the interfaces since the last call.
  virtual std::vector<InterfaceNotice> take_notices() = 0;
};

}  // namespace zonelag::sensor
