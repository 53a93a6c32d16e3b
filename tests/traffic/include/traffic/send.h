// Scenario: the frames of a file, again and again.
#pragma once

#include <cstdint>

#include "traffic/packet_sink.h"
#include "traffic/pcap_frames.h"
#include "traffic/progress.h"
#include "traffic/summary.h"

namespace zonelag::traffic {

struct SendOptions {
  std::uint64_t packets = 0;             ///< 0: the file once
  std::uint64_t packets_per_second = 0;  ///< 0: as fast as they are taken
};

Summary write_frames(const PcapFrames& frames, const SendOptions& options, PacketSink& sink, Progress& progress);

}  // namespace zonelag::traffic
