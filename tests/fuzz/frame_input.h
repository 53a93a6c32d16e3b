// What the frame fuzz target holds of every packet, and the limits that it runs into.
#pragma once

#include <cstdlib>

#include "decoder/frame.h"

namespace zonelag::decoder {

inline FrameLimits small_limits(bool drop_duplicates) {
  return {.max_datagrams_in_reassembly = 4,
          .max_fragment_bytes = 8192,
          .max_fragments_per_datagram = 16,
          .drop_duplicates = drop_duplicates,
          .max_packets_remembered = 8};
}

// Each packet ends in exactly one way.
inline void check(const FrameCounters& c) {
  const auto ends = c.segments + c.unknown_link + c.not_ip + c.truncated + c.malformed + c.too_deep + c.not_udp_tcp +
                    c.other_port + c.tls_port + c.fragments_kept + c.fragments_overlapping + c.fragments_duplicate +
                    c.duplicates;
  if (ends != c.packets) std::abort();
}

}  // namespace zonelag::decoder
