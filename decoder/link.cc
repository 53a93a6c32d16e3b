// Link layers: from the first byte of a frame to an IP header.
#include "decoder/cursor.h"
#include "decoder/frame.h"
#include "ether_type.h"
#include "walk.h"

namespace zonelag::decoder {
namespace {

constexpr std::size_t kMacs = 12;  // destination and source

Step behind(const Cursor& cursor, Walk& walk, Step next) {
  if (!cursor.ok()) return Step::truncated;
  walk.rest = cursor.rest();
  return next;
}

Step by_type(const Cursor& cursor, Walk& walk, std::uint16_t type) {
  walk.ether_type = type;
  return behind(cursor, walk, Step::ether_type);
}

// "Linux cooked" of tcpdump -i any. Its own types below 1536 (4: LLC follows) read as IEEE 802.3 lengths do.
Step read_sll(Walk& walk) {
  Cursor cursor(walk.rest);
  cursor.skip(14);  // packet type, ARPHRD, address length, address
  return by_type(cursor, walk, cursor.u16());
}

Step read_sll2(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint16_t type = cursor.u16();
  cursor.skip(18);  // reserved, interface, ARPHRD, packet type, address length, address
  return by_type(cursor, walk, type);
}

Step by_family(std::uint32_t family) {
  switch (family) {
    case 2: return Step::ipv4;
    case 10:  // AF_INET6 of Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return Step::ipv6;
    default: return Step::not_ip;
  }
}

constexpr std::uint32_t swapped(std::uint32_t value) {
  return value >> 24 | (value >> 8 & 0xff00U) | (value << 8 & 0xff0000U) | value << 24;
}

// The address family in the byte order of the machine that captured, which the file does not tell us.
Step read_null(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint32_t family = cursor.u32();
  const Step next = by_family(family);
  return behind(cursor, walk, next == Step::not_ip ? by_family(swapped(family)) : next);
}

Step read_loop(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint32_t family = cursor.u32();
  return behind(cursor, walk, by_family(family));
}

// RFC 2516 section 4.
Step read_pppoe(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint8_t version_type = cursor.u8();
  const std::uint8_t code = cursor.u8();
  cursor.skip(2);  // session
  const std::uint16_t length = cursor.u16();
  if (!cursor.ok()) return Step::truncated;
  if (version_type != 0x11) return Step::malformed;
  if (code != 0) return Step::not_ip;  // discovery
  walk.rest = cursor.rest();
  if (length < walk.rest.size()) walk.end_after(length);
  return Step::ppp;
}

// LLC with SNAP (RFC 1042).
Step read_llc(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint32_t head = cursor.u32();  // DSAP, SSAP, control, first byte of the OUI
  const std::uint16_t oui = cursor.u16();
  const std::uint16_t type = cursor.u16();
  if (!cursor.ok()) return Step::truncated;
  if (head != 0xaaaa0300 || oui != 0 || type <= kMaxLength) return Step::not_ip;
  return by_type(cursor, walk, type);
}

// Whether an Ethernet header may begin `offset` bytes from here: one that leads to IP, at least by what it says.
bool looks_like_ethernet(Bytes bytes, std::size_t offset) {
  Cursor cursor(bytes);
  cursor.skip(offset + kMacs);
  const std::uint16_t type = cursor.u16();
  const int version = cursor.u8() >> 4;
  if (type == kEtherIpv4) return version == 4;
  if (type == kEtherIpv6) return version == 6;
  return is_vlan(type) || type == kEtherMpls || type == kEtherMplsUpstream || type == kEtherPppoeSession;
}

}  // namespace

bool is_known(LinkType link) {
  switch (link) {
    case LinkType::null:
    case LinkType::ethernet:
    case LinkType::raw_old:
    case LinkType::raw_openbsd:
    case LinkType::pppoe:
    case LinkType::raw:
    case LinkType::loop:
    case LinkType::linux_sll:
    case LinkType::ipv4:
    case LinkType::ipv6:
    case LinkType::linux_sll2: return true;
  }
  return false;
}

Step begin_link(LinkType link, Walk& walk) {
  switch (link) {
    case LinkType::ethernet: return Step::ethernet;
    case LinkType::raw:
    case LinkType::raw_old:
    case LinkType::raw_openbsd: return Step::ip;
    case LinkType::ipv4: return Step::ipv4;
    case LinkType::ipv6: return Step::ipv6;
    case LinkType::linux_sll: return read_sll(walk);
    case LinkType::linux_sll2: return read_sll2(walk);
    case LinkType::null: return read_null(walk);
    case LinkType::loop: return read_loop(walk);
    case LinkType::pppoe: return read_pppoe(walk);
  }
  return Step::unknown_link;
}

Step read_ethernet(Walk& walk) {
  Cursor cursor(walk.rest);
  cursor.skip(kMacs);
  return by_type(cursor, walk, cursor.u16());
}

Step read_ether_type(Walk& walk) {
  const std::uint16_t type = walk.ether_type;
  if (type == kEtherIpv4) return Step::ipv4;
  if (type == kEtherIpv6) return Step::ipv6;
  if (is_vlan(type)) {
    if (!walk.descend()) return Step::too_deep;
    Cursor cursor(walk.rest);
    cursor.skip(2);  // priority and VLAN ID
    return by_type(cursor, walk, cursor.u16());
  }
  if (type == kEtherMpls || type == kEtherMplsUpstream) return Step::mpls;
  if (type == kEtherPppoeSession) return walk.descend() ? read_pppoe(walk) : Step::too_deep;
  if (type <= kMaxLength) return read_llc(walk);
  return Step::not_ip;
}

// RFC 3032; what is below the bottom of the stack is not said, so the first nibble has to do (RFC 4928 section 3).
Step read_mpls(Walk& walk) {
  Cursor cursor(walk.rest);
  std::uint32_t entry = 0;
  do {
    if (!walk.descend()) return Step::too_deep;
    entry = cursor.u32();
    if (!cursor.ok()) return Step::truncated;
  } while ((entry & 0x100U) == 0);
  walk.rest = cursor.rest();
  const int nibble = cursor.u8() >> 4;
  if (!cursor.ok()) return Step::truncated;
  if (nibble == 4) return Step::ipv4;
  if (nibble == 6) return Step::ipv6;
  // A pseudo-wire. Four bytes that begin with 0 may be its control word (RFC 4448 section 4.6) or the first of an
  // address without one; only what follows tells.
  constexpr std::size_t kControlWord = 4;
  if (nibble == 0 && looks_like_ethernet(walk.rest, kControlWord)) walk.rest = walk.rest.subspan(kControlWord);
  return Step::ethernet;
}

Step read_ppp(Walk& walk) {
  Cursor cursor(walk.rest);
  // An odd first byte is the whole number, compressed (RFC 1661 section 6.5).
  std::uint32_t protocol = cursor.u8();
  if ((protocol & 1U) == 0) protocol = protocol << 8 | cursor.u8();
  switch (protocol) {
    case 0x0021: return behind(cursor, walk, Step::ipv4);
    case 0x0057: return behind(cursor, walk, Step::ipv6);
    case 0x0281:  // RFC 3032 section 4.3
    case 0x0283: return behind(cursor, walk, Step::mpls);
    default: return behind(cursor, walk, Step::not_ip);
  }
}

}  // namespace zonelag::decoder
