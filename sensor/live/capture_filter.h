// Which packets the kernel hands to a live capture: those that the decoder can make something of, and no others.
#pragma once

#include <cstdint>
#include <vector>

#include "filter_program.h"

namespace zonelag::sensor {

// What the kernel's filter finds at the packet's first byte.
enum class FilterLayout : std::uint8_t {
  ethernet,
  ip,      // a device without link layer: DLT_RAW
  cooked,  // SOCK_DGRAM, "any" among them: what follows the link layer's header, whose type only the kernel tells
};

struct FilterSpec {
  FilterLayout layout = FilterLayout::ethernet;
  std::vector<std::uint16_t> ports{53};
  // A mirror port: also whatever the decoder can unwrap (MPLS, PPPoE, SNAP, GRE, IP in IP, VXLAN, Geneve). Its ports
  // are inside, so all of it passes.
  bool tunnels = false;
  // A loopback interface gives each packet twice, going out and coming in; libpcap drops the first, but only once it
  // has taken room in the ring. Interface index, 0: none.
  std::uint32_t loopback = 0;
  std::uint32_t snap_length = 262'144;
  // What the user's filter compiles to for this layout, ANDed; empty: none.
  Program also;
};

// Passes UDP and TCP with either port among `ports` (a packet to or from port 853 only when 853 is one of them), all
// fragments (only the first has ports, and it may not have them all), behind IPv4 options, IPv6 extension headers and
// VLAN tags. What has more tags or headers than it looks at passes: whether that is too deep is for the decoder to say.
Program capture_filter(const FilterSpec& spec);

// Nothing passes.
Program reject_all();

}  // namespace zonelag::sensor
