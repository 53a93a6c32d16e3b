// Frames put into an interface's *receive* path by the kernel itself (BPF_PROG_RUN with live frames, Linux 5.18): an
// in-kernel packet generator that costs a third of what sending does. Needs CAP_BPF and CAP_NET_ADMIN (or root).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include "traffic/live_interface.h"
#include "traffic/pcap_frames.h"

namespace zonelag::traffic {

struct InjectOptions {
  std::string interface;
  std::uint64_t packets = 0;             ///< 0: until the time is over
  std::uint64_t packets_per_second = 0;  ///< 0: as fast as the kernel can; else in bursts of 50 ms
  std::chrono::nanoseconds longest{kLongestLive};
};

/// The frames in turn, unchanged, from the first on. The error is one line.
std::expected<LiveFigures, std::string> inject_frames(const PcapFrames& frames, const InjectOptions& options);

}  // namespace zonelag::traffic
