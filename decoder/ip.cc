// IPv4, IPv6 and what may stand between them and UDP or TCP.
#include "decoder/cursor.h"
#include "walk.h"

namespace zonelag::decoder {
namespace {

// IANA protocol numbers.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIpv4 = 4;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIpv6 = 41;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kGre = 47;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestination = 60;
constexpr std::uint8_t kMobility = 135;
constexpr std::uint8_t kMplsInIp = 137;
constexpr std::uint8_t kHip = 139;
constexpr std::uint8_t kShim6 = 140;

constexpr std::uint64_t kMaxPayload = 65535;  // without the jumbo option

// Fragments of anything else are not worth their memory. IPv6 names the protocol in the first fragment only
// (RFC 8200 section 4.5), so there it must be kept to be known.
bool can_lead_to_dns(std::uint8_t protocol) {
  return protocol == kUdp || protocol == kTcp || protocol == kIpv4 || protocol == kIpv6 || protocol == kGre ||
         protocol == kAuthentication || protocol == kMplsInIp;
}

// The jumbo payload length (RFC 2675 section 2) of a hop-by-hop options header, or 0 where there is none.
std::uint32_t jumbo_length(Bytes header) {
  Cursor head(header);
  head.skip(1);
  const std::size_t length = (std::size_t{head.u8()} + 1) * 8 - 2;
  Cursor options(head.take(length));
  while (options.left() != 0) {
    const std::uint8_t type = options.u8();
    if (type == 0) continue;  // Pad1, the only option without a length
    const std::uint8_t size = options.u8();
    if (type == 0xc2 && size == 4) return options.u32();
    options.skip(size);
  }
  return 0;
}

// RFC 8200 section 4.5.
Step read_fragment_header(Walk& walk) {
  Cursor cursor(walk.rest);
  walk.protocol = cursor.u8();
  cursor.skip(1);
  const std::uint16_t offset = cursor.u16();
  const std::uint32_t id = cursor.u32();
  if (!cursor.ok()) return Step::truncated;
  walk.rest = cursor.rest();
  walk.datagram_id = id;
  walk.fragment = {.id = id, .offset = offset & 0xfff8U, .more = (offset & 1U) != 0};
  // "Atomic": a whole datagram, to be taken on its own whatever else has its ID (RFC 6946).
  const bool whole = walk.fragment.offset == 0 && !walk.fragment.more;
  return whole ? Step::protocol : Step::fragment;
}

// Extension headers count as layers: thousands of empty ones fit in a frame.
Step skip_extension(Walk& walk) {
  if (!walk.descend()) return Step::too_deep;
  if (walk.protocol == kFragment) return read_fragment_header(walk);
  Cursor cursor(walk.rest);
  const std::uint8_t next = cursor.u8();
  const std::size_t length = cursor.u8();
  // RFC 4302 section 2.2: in units of 4, less 2. All others: RFC 8200 section 4, in units of 8, less 1.
  cursor.skip(walk.protocol == kAuthentication ? length * 4 + 6 : length * 8 + 6);
  if (!cursor.ok()) return Step::truncated;
  walk.rest = cursor.rest();
  walk.protocol = next;
  return Step::protocol;
}

Step tunnel(Walk& walk, Step inner) { return walk.descend() ? inner : Step::too_deep; }

}  // namespace

Step read_ip(const Walk& walk) {
  if (walk.rest.empty()) return Step::truncated;
  const auto version = std::to_integer<unsigned>(walk.rest[0]) >> 4;
  if (version == 4) return Step::ipv4;
  return version == 6 ? Step::ipv6 : Step::not_ip;
}

// RFC 791 section 3.1.
Step read_ipv4(Walk& walk) {
  Cursor cursor(walk.rest);
  const unsigned version_length = cursor.u8();
  cursor.skip(1);
  const std::uint16_t total = cursor.u16();
  const std::uint16_t id = cursor.u16();
  const std::uint16_t fragment = cursor.u16();
  cursor.skip(1);
  const std::uint8_t protocol = cursor.u8();
  cursor.skip(2);
  const Bytes source = cursor.take(4);
  const Bytes destination = cursor.take(4);
  if (!cursor.ok()) return Step::truncated;
  const std::size_t header = std::size_t{version_length & 0xfU} * 4;
  if (version_length >> 4 != 4 || header < 20) return Step::malformed;
  // 0: taken before the network card cut it to size (TSO, BIG TCP). It has no padding then.
  if (total != 0) {
    if (total < header) return Step::malformed;
    walk.end_after(total);
  }
  if (walk.rest.size() < header) return Step::truncated;
  walk.rest = walk.rest.subspan(header);
  walk.source = IpAddress::v4(source);
  walk.destination = IpAddress::v4(destination);
  walk.protocol = protocol;
  walk.is_v6 = false;
  walk.datagram_id = id;
  walk.fragment = {.id = id, .offset = (fragment & 0x1fffU) * 8U, .more = (fragment & 0x2000U) != 0};
  if (walk.fragment.offset == 0 && !walk.fragment.more) return Step::protocol;
  return can_lead_to_dns(protocol) ? Step::fragment : Step::not_udp_tcp;
}

// RFC 8200 section 3.
Step read_ipv6(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint32_t version_class_flow = cursor.u32();
  const std::uint16_t length = cursor.u16();
  const std::uint8_t next = cursor.u8();
  cursor.skip(1);
  const Bytes source = cursor.take(16);
  const Bytes destination = cursor.take(16);
  if (!cursor.ok()) return Step::truncated;
  if (version_class_flow >> 28 != 6) return Step::malformed;
  walk.rest = cursor.rest();
  if (length != 0) {
    walk.end_after(length);
  } else if (next == kHopByHop) {
    // No jumbo option: as with IPv4's 0, the rest of what was captured.
    const std::uint32_t jumbo = jumbo_length(walk.rest);
    if (jumbo != 0 && jumbo <= kMaxPayload) return Step::malformed;  // RFC 2675 section 3
    if (jumbo != 0) walk.end_after(jumbo);
  }
  walk.source = IpAddress::v6(source);
  walk.destination = IpAddress::v6(destination);
  walk.protocol = next;
  walk.is_v6 = true;
  walk.datagram_id = 0;
  return Step::protocol;
}

Step read_protocol(Walk& walk) {
  switch (walk.protocol) {
    case kUdp: return Step::udp;
    case kTcp: return Step::tcp;
    case kIpv4: return tunnel(walk, Step::ipv4);  // RFC 2003, RFC 2473
    case kIpv6: return tunnel(walk, Step::ipv6);  // RFC 4213, RFC 2473
    case kGre: return tunnel(walk, Step::gre);
    case kMplsInIp: return Step::mpls;  // RFC 4023; its labels are the layers
    case kAuthentication: return skip_extension(walk);
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kDestination:
    case kMobility:
    case kHip:
    case kShim6: return walk.is_v6 ? skip_extension(walk) : Step::not_udp_tcp;
    default: return Step::not_udp_tcp;
  }
}

}  // namespace zonelag::decoder
