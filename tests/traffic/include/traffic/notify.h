// Scenario: NOTIFY requests of a primary, each with a serial that its zone did not have before: one event each.
#pragma once

#include <cstdint>

#include "traffic/frame.h"
#include "traffic/packet_sink.h"
#include "traffic/progress.h"
#include "traffic/summary.h"

namespace zonelag::traffic {

struct NotifyOptions {
  std::uint64_t seed = 1;  ///< of the message IDs
  Time start = kDefaultStart;
  Link link;
  std::uint64_t packets = 100'000;
  std::uint64_t packets_per_second = 10'000;
  std::uint32_t zones = 1000;      ///< z0.example, z1.example, ...: each in turn
  std::uint32_t first_serial = 1;  ///< of every zone; then one more each time
};

Summary write_notifies(const NotifyOptions& options, PacketSink& sink, Progress& progress);

}  // namespace zonelag::traffic
