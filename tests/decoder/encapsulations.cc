#include "encapsulations.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace zonelag::decoder::test {
namespace {

Raw payload() { return pattern(kEncapsulatedPayload); }
Raw v4() { return ipv4(udp(payload())); }
Raw v6() { return ipv6(udp(payload())); }
Raw v4_tcp() { return ipv4(tcp(payload()), {.protocol = 6}); }
Raw v6_tcp() { return ipv6(tcp(payload()), {.next = 6}); }
Raw frame4() { return ethernet(0x0800, v4()); }
Raw frame6() { return ethernet(0x86dd, v6()); }
Raw in_gre4(std::uint16_t flags, std::uint16_t type, const Raw& options, const Raw& inner) {
  return ethernet(0x0800, ipv4(gre(flags, type, options, inner),
                               {.protocol = 47, .source = "10.0.0.1", .destination = "10.0.0.2"}));
}
Raw in_gre6(std::uint16_t flags, std::uint16_t type, const Raw& options, const Raw& inner) {
  return ethernet(0x86dd,
                  ipv6(gre(flags, type, options, inner), {.next = 47, .source = "fd00::1", .destination = "fd00::2"}));
}
Raw in_udp4(std::uint16_t port, const Raw& inner) {
  return ethernet(0x0800, ipv4(udp(inner, {.source = 55555, .destination = port}),
                               {.source = "10.0.0.1", .destination = "10.0.0.2"}));
}
Raw in_udp6(std::uint16_t port, const Raw& inner) {
  return ethernet(0x86dd, ipv6(udp(inner, {.source = 55555, .destination = port}),
                               {.source = "fd00::1", .destination = "fd00::2"}));
}

const Raw kLabel = hex("00010040");        // label 16, more to come
const Raw kBottom = hex("00011140");       // label 17, bottom of the stack
const Raw kControlWord = hex("00000000");  // RFC 4448 section 4.6
const Raw kVxlan = hex("08000000 00002a00");
const Raw kErspan2 = hex("1064 0001 00000001");
const Raw kErspan3 = hex("2064 0001 00000001 0000 0000");
const Raw kErspan3Platform = hex("2064 0001 00000001 0000 0001 1000000000000000");

}  // namespace

std::vector<Encapsulation> link_encapsulations() {
  const Raw sll = hex("0000 0001 0006 0200000000010000");
  const Raw sll2_behind_type = hex("0000 00000002 0001 00 06 0200000000010000");
  const auto ethernet_link = LinkType::ethernet;
  return {
      {"Ethernet", ethernet_link, frame4()},
      {"Ethernet IPv6", ethernet_link, frame6(), true},
      {"Ethernet TCP", ethernet_link, ethernet(0x0800, v4_tcp()), false, true},
      {"Ethernet IPv6 TCP", ethernet_link, ethernet(0x86dd, v6_tcp()), true, true},
      {"VLAN", ethernet_link, ethernet(0x8100, vlan(0x0800, v4()))},
      {"802.1ad", ethernet_link, ethernet(0x88a8, vlan(0x8100, vlan(0x86dd, v6()))), true},
      {"old QinQ", ethernet_link, ethernet(0x9100, vlan(0x9200, vlan(0x8100, vlan(0x0800, v4())))), false, false,
       false},
      {"SNAP", ethernet_link, ethernet(60, join({hex("aaaa03 000000 0800"), v4()}))},
      {"PPPoE", ethernet_link, ethernet(0x8864, join({hex("1100 0001"), u16(54), hex("0021"), v4()}))},
      {"PPPoE IPv6 in VLAN", ethernet_link,
       ethernet(0x8100, vlan(0x8864, join({hex("1100 0001"), u16(74), hex("0057"), v6()}))), true},
      {"PPPoE link", LinkType::pppoe, join({hex("1100 0001"), u16(54), hex("0021"), v4()})},
      {"MPLS", ethernet_link, ethernet(0x8847, join({kBottom, v4()}))},
      {"MPLS multicast, three labels, IPv6", ethernet_link, ethernet(0x8848, join({kLabel, kLabel, kBottom, v6()})),
       true},
      {"MPLS pseudo-wire with control word", ethernet_link, ethernet(0x8847, join({kBottom, kControlWord, frame4()})),
       false, false, true, true},
      {"MPLS pseudo-wire without control word", ethernet_link, ethernet(0x8847, join({kBottom, frame4()})), false,
       false, true, true},
      {"raw", LinkType::raw, v4()},
      {"raw IPv6", LinkType::raw, v6(), true},
      {"raw 12", LinkType::raw_old, v4()},
      {"raw 14", LinkType::raw_openbsd, v6(), true},
      {"IPv4 link", LinkType::ipv4, v4()},
      {"IPv6 link", LinkType::ipv6, v6(), true},
      {"null, big-endian", LinkType::null, join({u32(2), v4()})},
      {"null, little-endian", LinkType::null, join({hex("02000000"), v4()})},
      {"null, little-endian Darwin IPv6", LinkType::null, join({hex("1e000000"), v6()}), true},
      {"null, big-endian FreeBSD IPv6", LinkType::null, join({u32(28), v6()}), true},
      {"null, little-endian NetBSD IPv6", LinkType::null, join({hex("18000000"), v6()}), true},
      {"loop", LinkType::loop, join({u32(2), v4()})},
      {"loop IPv6", LinkType::loop, join({u32(24), v6()}), true},
      {"SLL", LinkType::linux_sll, join({sll, u16(0x0800), v4()})},
      {"SLL VLAN IPv6", LinkType::linux_sll, join({sll, u16(0x8100), vlan(0x86dd, v6())}), true},
      {"SLL2", LinkType::linux_sll2, join({u16(0x86dd), sll2_behind_type, v6()}), true},
      {"SLL2 TCP", LinkType::linux_sll2, join({u16(0x0800), sll2_behind_type, v4_tcp()}), false, true},
  };
}

std::vector<Encapsulation> ip_encapsulations() {
  const auto link = LinkType::ethernet;
  const Raw datagram = udp(payload());
  const Raw options = hex("94040000 01010101");  // router alert, no operation
  const Raw tcp_options = hex("0101080a 00000001 00000002");
  const Raw chain = extension(60, 1, extension(43, 0, extension(17, 2, datagram)));
  return {
      {"IPv4 options", link, ethernet(0x0800, ipv4(datagram, {.options = options}))},
      {"IPv4 AH", link, ethernet(0x0800, ipv4(authentication(17, 4, datagram), {.protocol = 51}))},
      {"TCP options", link, ethernet(0x0800, ipv4(tcp(payload(), {.options = tcp_options}), {.protocol = 6})), false,
       true},
      {"IPv6 extension headers", link, ethernet(0x86dd, ipv6(chain, {.next = 0})), true},
      {"IPv6 AH", link, ethernet(0x86dd, ipv6(authentication(17, 4, datagram), {.next = 51})), true},
      {"IPv6 mobility", link, ethernet(0x86dd, ipv6(extension(17, 0, datagram), {.next = 135})), true, false, false},
      {"IPv6 atomic fragment", link, ethernet(0x86dd, ipv6(fragment_header(17, 0, 77, datagram), {.next = 44})), true},
      {"IPv4 in IPv4", link, ethernet(0x0800, ipv4(v4(), {.protocol = 4, .source = "10.0.0.1"}))},
      {"IPv6 in IPv4", link, ethernet(0x0800, ipv4(v6_tcp(), {.protocol = 41})), true, true},
      {"IPv4 in IPv6", link, ethernet(0x86dd, ipv6(v4(), {.next = 4}))},
      {"IPv6 in IPv6", link, ethernet(0x86dd, ipv6(v6(), {.next = 41, .source = "fd00::1"})), true},
      {"IPv6 in IPv6 behind options", link,
       ethernet(0x86dd, ipv6(extension(41, 0, v6()), {.next = 60, .source = "fd00::1"})), true},
      {"MPLS in IPv4", link, ethernet(0x0800, ipv4(join({kBottom, v4()}), {.protocol = 137}))},
  };
}

std::vector<Encapsulation> tunnel_encapsulations() {
  const auto link = LinkType::ethernet;
  const Raw tagged6 = ethernet(0x8100, vlan(0x86dd, v6_tcp()));
  const Raw geneve = hex("0000 6558 00002a00");
  const Raw geneve_options = hex("0200 0800 00002a00 0102 80 01 00000000");
  const Raw nested = in_gre4(0x1000, 0x88be, join({u32(7), kErspan2}), in_udp6(4789, join({kVxlan, frame4()})));
  return {
      {"GRE", link, in_gre4(0, 0x0800, {}, v4())},
      {"GRE over IPv6", link, in_gre6(0, 0x86dd, {}, v6()), true},
      {"GRE checksum", link, in_gre4(0x8000, 0x0800, hex("00000000"), v4())},
      {"GRE key", link, in_gre4(0x2000, 0x0800, u32(42), v4())},
      {"GRE checksum, key, sequence", link, in_gre4(0xb000, 0x86dd, zeros(12), v6()), true},
      {"GRE routing", link, in_gre4(0x4000, 0x0800, hex("00000000 0800 00 04 0a000001 00000000"), v4())},
      {"GRE bridged", link, in_gre4(0x2000, 0x6558, u32(42), frame4())},
      {"GRE MPLS", link, in_gre4(0, 0x8847, {}, join({kLabel, kBottom, v4()}))},
      {"ERSPAN I", link, in_gre4(0, 0x88be, {}, frame4())},
      {"ERSPAN II", link, in_gre4(0x1000, 0x88be, join({u32(7), kErspan2}), frame4())},
      {"ERSPAN III", link, in_gre4(0x1000, 0x22eb, join({u32(7), kErspan3}), frame4())},
      {"ERSPAN III with platform header", link, in_gre4(0x1000, 0x22eb, join({u32(7), kErspan3Platform}), frame4())},
      {"ERSPAN III in GRE over IPv6, VLAN, IPv6, TCP", link, in_gre6(0x1000, 0x22eb, join({u32(7), kErspan3}), tagged6),
       true, true},
      {"VXLAN", link, in_udp4(4789, join({kVxlan, frame4()}))},
      {"VXLAN over IPv6, VLAN, IPv6, TCP", link, in_udp6(4789, join({kVxlan, tagged6})), true, true},
      {"VXLAN on Linux's old port", link, in_udp4(8472, join({kVxlan, frame6()})), true},
      {"VXLAN-GPE IPv4", link, in_udp4(4790, join({hex("0c000001 00002a00"), v4()}))},
      {"VXLAN-GPE IPv6", link, in_udp4(4790, join({hex("0c000002 00002a00"), v6()})), true},
      {"VXLAN-GPE Ethernet", link, in_udp4(4790, join({hex("0c000003 00002a00"), frame4()}))},
      {"Geneve", link, in_udp4(6081, join({geneve, frame4()}))},
      {"Geneve options, IPv4", link, in_udp6(6081, join({geneve_options, v4()}))},
      {"VXLAN in ERSPAN II", link, nested},
  };
}

std::vector<Encapsulation> all_encapsulations() {
  auto all = link_encapsulations();
  std::ranges::move(ip_encapsulations(), std::back_inserter(all));
  std::ranges::move(tunnel_encapsulations(), std::back_inserter(all));
  return all;
}

namespace {

void expect_segment(const Encapsulation& encapsulation, const Segment& segment, std::size_t captured) {
  const Raw whole = payload();
  EXPECT_EQ(Raw(segment.payload.begin(), segment.payload.end()), first(whole, captured));
  EXPECT_EQ(segment.missing, whole.size() - captured);
  EXPECT_EQ(segment.transport, encapsulation.is_tcp ? Transport::tcp : Transport::udp);
  EXPECT_EQ(segment.source, (Endpoint{*IpAddress::parse(encapsulation.v6 ? kClient6 : kClient4), kClientPort}));
  EXPECT_EQ(segment.destination, (Endpoint{*IpAddress::parse(encapsulation.v6 ? kServer6 : kServer4), 53}));
  EXPECT_EQ(segment.sequence, encapsulation.is_tcp ? 0x01020304U : 0U);
  EXPECT_EQ(segment.acknowledgement, encapsulation.is_tcp ? 0xf1f2f3f4U : 0U);
  EXPECT_EQ(segment.flags, encapsulation.is_tcp ? 0x18 : 0);
}

}  // namespace

void expect_decoded_at_every_length(const Encapsulation& encapsulation) {
  SCOPED_TRACE(encapsulation.name);
  FrameDecoder decoder{FrameLimits{}};
  const std::size_t headers = encapsulation.bytes.size() - kEncapsulatedPayload;
  for (std::size_t length = 0; length <= encapsulation.bytes.size(); ++length) {
    SCOPED_TRACE(length);
    // A copy of its own size, so that a sanitizer sees a read past the end.
    const Raw cut = first(encapsulation.bytes, length);
    Packet packet = test::packet(encapsulation.link, cut);
    packet.wire_length = static_cast<std::uint32_t>(encapsulation.bytes.size());
    const Segment* segment = decoder.decode(packet);
    ASSERT_EQ(segment != nullptr, length >= headers);
    if (segment != nullptr) expect_segment(encapsulation, *segment, length - headers);
  }
  const FrameCounters& counters = decoder.counters();
  EXPECT_EQ(counters.segments, kEncapsulatedPayload + 1);
  if (!encapsulation.guessed) {
    EXPECT_EQ(counters.truncated, headers);
  }
  EXPECT_EQ(counters.packets, sum_of_ends(counters));
}

std::uint64_t sum_of_ends(const FrameCounters& counters) {
  return counters.segments + counters.unknown_link + counters.not_ip + counters.truncated + counters.malformed +
         counters.too_deep + counters.not_udp_tcp + counters.other_port + counters.tls_port + counters.fragments_kept +
         counters.fragments_overlapping + counters.fragments_duplicate + counters.duplicates;
}

}  // namespace zonelag::decoder::test
