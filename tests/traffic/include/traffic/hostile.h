// Scenario: what nobody should send. The file's framing is valid, what is in it is not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traffic/packet_sink.h"
#include "traffic/progress.h"
#include "traffic/summary.h"
#include "traffic/wire.h"

namespace zonelag::traffic {

enum class HostileKind : std::uint8_t { kLink, kFragment, kTcp, kStream, kDns };

struct HostileOptions {
  std::uint64_t seed = 1;
  WireOptions wire;
  std::uint64_t packets = 100'000;  ///< at least; a kind's last burst is not cut
  std::vector<HostileKind> kinds{HostileKind::kLink, HostileKind::kFragment, HostileKind::kTcp, HostileKind::kStream,
                                 HostileKind::kDns};
};

Summary write_hostile(const HostileOptions& options, PacketSink& sink, Progress& progress);

/// link, fragment, tcp, stream, dns
std::optional<HostileKind> parse_hostile_kind(std::string_view text);

}  // namespace zonelag::traffic
