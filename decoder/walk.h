// The way through one packet, header by header. Each function reads the header that the rest begins with, moves
// behind it and says what comes next, or how the packet ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoder/net.h"
#include "decoder/packet.h"

namespace zonelag::decoder {

enum class Step : std::uint8_t {
  // What the rest begins with:
  ethernet,
  ether_type,  // what Walk::ether_type says
  mpls,
  ppp,
  ip,  // version 4 or 6: look
  ipv4,
  ipv6,
  protocol,  // what Walk::protocol says
  gre,
  vxlan,
  vxlan_gpe,
  geneve,
  udp,
  tcp,
  fragment,  // a part of a datagram: Walk::fragment
  // Ends, in the order of FrameCounters:
  segment,
  unknown_link,
  not_ip,
  truncated,
  malformed,
  too_deep,
  not_udp_tcp,
  other_port,
  tls_port,
  fragment_kept,
  fragment_overlapping,
  fragment_duplicate,
};

// Where a fragment belongs (RFC 791 section 3.2, RFC 8200 section 4.5); the addresses are the walk's.
struct FragmentHeader {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // bytes
  bool more = false;
};

struct Walk {
  Bytes rest;                     // what was captured from here to the end of the layer we are in
  std::uint64_t missing = 0;      // bytes of that layer that were on the wire behind `rest`, but not captured
  std::uint32_t layers_left = 0;  // tags, labels, tunnels and extension headers that may still come
  IpAddress source;               // of the innermost IP header so far
  IpAddress destination;
  std::uint16_t ether_type = 0;
  std::uint8_t protocol = 0;
  bool is_v6 = false;
  std::uint32_t datagram_id = 0;  // WireMarks::datagram_id, of the innermost IP header so far
  std::uint16_t checksum = 0;     // of UDP or TCP
  FragmentHeader fragment;

  // The layer we are in ends `wire` bytes from here, whatever the layers around it say: what is behind is padding,
  // what is not there was snapped here or by the mirror before us.
  void end_after(std::uint64_t wire) {
    if (wire < rest.size()) rest = rest.first(static_cast<std::size_t>(wire));
    missing = wire - rest.size();
  }
  // False when this header is one too many.
  bool descend() {
    if (layers_left == 0) return false;
    --layers_left;
    return true;
  }
};

// link.cc
Step begin_link(LinkType link, Walk& walk);
Step read_ethernet(Walk& walk);
Step read_ether_type(Walk& walk);
Step read_mpls(Walk& walk);
Step read_ppp(Walk& walk);

// ip.cc
Step read_ip(const Walk& walk);
Step read_ipv4(Walk& walk);
Step read_ipv6(Walk& walk);
Step read_protocol(Walk& walk);

// tunnel.cc
Step read_gre(Walk& walk);
Step read_vxlan(Walk& walk);
Step read_vxlan_gpe(Walk& walk);
Step read_geneve(Walk& walk);

}  // namespace zonelag::decoder
