// Every way of wrapping a packet that the decoder knows, around one and the same datagram or segment.
#pragma once

#include <string>
#include <vector>

#include "decoder/frame.h"
#include "packets.h"

namespace zonelag::decoder::test {

struct Encapsulation {
  std::string name;
  LinkType link = LinkType::ethernet;
  Raw bytes;
  bool v6 = false;  // the innermost IP header
  bool is_tcp = false;
  bool tshark_knows = true;
  bool guessed = false;  // a pseudo-wire: cut short it may look like something else
};

// The payload of each: pattern(kEncapsulatedPayload), at the very end.
inline constexpr std::size_t kEncapsulatedPayload = 24;

std::vector<Encapsulation> link_encapsulations();
std::vector<Encapsulation> ip_encapsulations();
std::vector<Encapsulation> tunnel_encapsulations();
std::vector<Encapsulation> all_encapsulations();

// Decodes `encapsulation` whole and cut at every length: the last good length is the end of the UDP or TCP header,
// the first bad one is a byte less, and all shorter ones stay bad.
void expect_decoded_at_every_length(const Encapsulation& encapsulation);

// What FrameCounters promises: each packet ends in exactly one way.
std::uint64_t sum_of_ends(const FrameCounters& counters);

}  // namespace zonelag::decoder::test
