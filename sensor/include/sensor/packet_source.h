// Packets in batches, wherever they come from: a file, an interface, DPDK.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "decoder/packet.h"

namespace zonelag::sensor {

// What can be wrong with a capture.
enum class CaptureFault : std::uint8_t {
  // The whole file is of no use:
  cannot_open,
  is_directory,
  empty,
  not_a_capture,
  unsupported_version,
  unknown_link,  // no packet of a link type that the decoder knows
  // The rest of the file is of no use:
  corrupt,              // lengths that contradict themselves
  damaged_compression,  // the compressed data does not decode
  cut_compression,      // the compressed data ends early
  read_failed,
  // Warnings: all that was captured, or nearly all, was used.
  cut_short,          // the last packet is incomplete, as when a capture is stopped or copied while it is written
  interface_skipped,  // packets of one of several interfaces have an unknown link type
  no_time,            // packets without a time of their own
  odd_time,           // a fraction of a second that is a second or more
};
// "cut_short", ...
const char* to_string(CaptureFault fault);
bool is_warning(CaptureFault fault);

// One clear line that names the file, without a newline at its end.
struct CaptureProblem {
  CaptureFault fault = CaptureFault::corrupt;
  std::string text;
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // The next packets in the capture's order; empty: the end. They and their data are valid until the next call.
  virtual std::span<const decoder::Packet> next_batch() = 0;

  // From another thread: a wait for more of a pipe ends, now and later, and with it the capture.
  virtual void interrupt() {}

  // What has gone wrong so far, at most kMaxProblems of it; complete after the end.
  virtual std::span<const CaptureProblem> problems() const = 0;

  // For a progress bar: bytes of the file (as it is on disk: compressed) that were read, of how many; 0: not known.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t total_bytes() const = 0;
};

inline constexpr std::size_t kMaxProblems = 16;

}  // namespace zonelag::sensor
