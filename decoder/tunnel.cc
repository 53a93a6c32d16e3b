// Tunnels: what mirror ports and overlay networks wrap around a frame.
#include "decoder/cursor.h"
#include "ether_type.h"
#include "walk.h"

namespace zonelag::decoder {
namespace {

// GRE's flags and version, RFC 2784, RFC 2890; routing: RFC 1701.
constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreVersion = 0x0007;

// Source route entries up to the empty one that ends them (RFC 1701).
void skip_routing(Cursor& cursor) {
  while (cursor.ok()) {
    const std::uint16_t family = cursor.u16();
    cursor.skip(1);
    const std::uint8_t length = cursor.u8();
    if (family == 0 && length == 0) return;
    cursor.skip(length);
  }
}

// draft-foschiano-erspan-03. Type I has no header; GRE's sequence number tells it from type II.
Step read_erspan(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned version = cursor.u8() >> 4;
  cursor.skip(7);
  if (!cursor.ok()) return Step::truncated;
  if (version != 1) return Step::malformed;
  walk.rest = cursor.rest();
  return Step::ethernet;
}

Step read_erspan3(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned version = cursor.u8() >> 4;
  cursor.skip(9);  // VLAN, COS, session, time stamp, security group
  const std::uint16_t word = cursor.u16();
  if ((word & 1U) != 0) cursor.skip(8);  // platform-specific
  if (!cursor.ok()) return Step::truncated;
  if (version != 2) return Step::malformed;
  walk.rest = cursor.rest();
  switch (word >> 10 & 0x1fU) {  // frame type
    case 0: return Step::ethernet;
    case 2: return Step::ip;
    default: return Step::not_ip;
  }
}

Step by_type(Walk& walk, std::uint16_t type) {
  if (type == kEtherBridged) return Step::ethernet;
  if (type <= kMaxLength) return Step::not_ip;  // a keep-alive's 0, or nothing known: no length of IEEE 802.3 here
  walk.ether_type = type;
  return Step::ether_type;
}

}  // namespace

Step read_gre(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint16_t flags = cursor.u16();
  const std::uint16_t type = cursor.u16();
  if (!cursor.ok()) return Step::truncated;
  if ((flags & kGreVersion) != 0) return Step::not_udp_tcp;  // PPTP (RFC 2637): compressed and encrypted PPP
  if ((flags & (kGreChecksum | kGreRouting)) != 0) cursor.skip(4);
  if ((flags & kGreKey) != 0) cursor.skip(4);
  if ((flags & kGreSequence) != 0) cursor.skip(4);
  if ((flags & kGreRouting) != 0) skip_routing(cursor);
  if (!cursor.ok()) return Step::truncated;
  walk.rest = cursor.rest();
  if (type == kEtherErspan) return (flags & kGreSequence) != 0 ? read_erspan(walk) : Step::ethernet;
  if (type == kEtherErspan3) return read_erspan3(walk);
  return by_type(walk, type);
}

// RFC 7348 section 5. Without the I flag it is somebody else's datagram that happens to use the port.
Step read_vxlan(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned flags = cursor.u8();
  cursor.skip(7);
  if (!cursor.ok()) return Step::truncated;
  if ((flags & 0x08U) == 0) return Step::other_port;
  if (!walk.descend()) return Step::too_deep;
  walk.rest = cursor.rest();
  return Step::ethernet;
}

// draft-ietf-nvo3-vxlan-gpe section 3.
Step read_vxlan_gpe(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned flags = cursor.u8();
  cursor.skip(2);
  const unsigned next = cursor.u8();
  cursor.skip(4);
  if (!cursor.ok()) return Step::truncated;
  if ((flags & 0x38U) != 0x08U) return Step::other_port;  // version 0 with the I flag
  if (!walk.descend()) return Step::too_deep;
  walk.rest = cursor.rest();
  if ((flags & 0x04U) == 0) return Step::ethernet;
  switch (next) {
    case 1: return Step::ipv4;
    case 2: return Step::ipv6;
    case 3: return Step::ethernet;
    case 5: return Step::mpls;
    default: return Step::not_ip;
  }
}

// RFC 8926 section 3.
Step read_geneve(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned version_length = cursor.u8();
  cursor.skip(1);
  const std::uint16_t type = cursor.u16();
  cursor.skip(4 + (version_length & 0x3fU) * 4);
  if (!cursor.ok()) return Step::truncated;
  if (version_length >> 6 != 0) return Step::other_port;
  if (!walk.descend()) return Step::too_deep;
  walk.rest = cursor.rest();
  return by_type(walk, type);
}

}  // namespace zonelag::decoder
