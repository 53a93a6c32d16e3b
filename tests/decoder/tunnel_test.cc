// GRE, ERSPAN, VXLAN, Geneve.
#include <gtest/gtest.h>

#include "encapsulations.h"

namespace zonelag::decoder {
namespace {

using namespace test;

FrameCounters counters_of(const Raw& bytes, std::uint32_t max_layers = 16) {
  FrameLimits limits;
  limits.max_layers = max_layers;
  FrameDecoder decoder{limits};
  decoder.decode(packet(LinkType::ipv4, bytes));
  EXPECT_EQ(sum_of_ends(decoder.counters()), 1U);
  return decoder.counters();
}

Raw frame() { return ethernet(0x0800, ipv4(udp(pattern(5)))); }
Raw in_gre(const Raw& bytes) { return ipv4(bytes, {.protocol = 47}); }
Raw in_udp(std::uint16_t port, const Raw& bytes) { return ipv4(udp(bytes, {.destination = port})); }

TEST(Tunnel, DecodesEveryEncapsulationAtEveryLength) {
  for (const auto& encapsulation : tunnel_encapsulations()) expect_decoded_at_every_length(encapsulation);
}

TEST(Tunnel, ChecksGre) {
  EXPECT_EQ(counters_of(in_gre(gre(0, 0x6558, {}, frame()))).segments, 1U);
  EXPECT_EQ(counters_of(in_gre(gre(1, 0x880b, {}, frame()))).not_udp_tcp, 1U) << "PPTP";
  EXPECT_EQ(counters_of(in_gre(gre(0, 0x0000, {}, {}))).not_ip, 1U) << "keep-alive";
  EXPECT_EQ(counters_of(in_gre(gre(0, 0x0806, {}, zeros(28)))).not_ip, 1U);
  EXPECT_EQ(counters_of(in_gre(gre(0x4000, 0x6558, join({zeros(4), zeros(4)}), frame()))).segments, 1U);
  const Raw endless = hex("00000000 0800 00 ff 0a000001");
  EXPECT_EQ(counters_of(in_gre(gre(0x4000, 0x6558, endless, frame()))).truncated, 1U);
}

TEST(Tunnel, ChecksErspan) {
  const auto erspan2 = [](const char* header) {
    return counters_of(in_gre(gre(0x1000, 0x88be, hex(header), frame())));
  };
  EXPECT_EQ(erspan2("00000007 10640001 00000001").segments, 1U);
  EXPECT_EQ(erspan2("00000007 20640001 00000001").malformed, 1U);
  EXPECT_EQ(erspan2("00000007 00640001 00000001").malformed, 1U);
  const auto erspan3 = [](const char* header, const Raw& inner) {
    return counters_of(in_gre(gre(0x1000, 0x22eb, hex(header), inner)));
  };
  EXPECT_EQ(erspan3("00000007 20640001 00000001 0000 0000", frame()).segments, 1U);
  EXPECT_EQ(erspan3("00000007 10640001 00000001 0000 0000", frame()).malformed, 1U);
  EXPECT_EQ(erspan3("00000007 20640001 00000001 0000 8000", frame()).segments, 1U) << "P bit";
  EXPECT_EQ(erspan3("00000007 20640001 00000001 0000 0800", ipv6(udp({}))).segments, 1U) << "frame type IP";
  EXPECT_EQ(erspan3("00000007 20640001 00000001 0000 0400", frame()).not_ip, 1U) << "frame type of 802.11";
}

TEST(Tunnel, ChecksVxlan) {
  EXPECT_EQ(counters_of(in_udp(4789, join({hex("08000000 00000100"), frame()}))).segments, 1U);
  EXPECT_EQ(counters_of(in_udp(4789, join({hex("88000000 00000100"), frame()}))).segments, 1U) << "group policy";
  EXPECT_EQ(counters_of(in_udp(4789, join({hex("00000000 00000100"), frame()}))).other_port, 1U) << "no I flag";
  EXPECT_EQ(counters_of(in_udp(4788, join({hex("08000000 00000100"), frame()}))).other_port, 1U);
  EXPECT_EQ(counters_of(in_udp(4790, join({hex("08000001 00000100"), frame()}))).segments, 1U) << "no P flag";
  EXPECT_EQ(counters_of(in_udp(4790, join({hex("0c000004 00000100"), frame()}))).not_ip, 1U) << "NSH";
  EXPECT_EQ(counters_of(in_udp(4790, join({hex("1c000003 00000100"), frame()}))).other_port, 1U) << "version 1";
}

TEST(Tunnel, ChecksGeneve) {
  EXPECT_EQ(counters_of(in_udp(6081, join({hex("0000 6558 00000100"), frame()}))).segments, 1U);
  EXPECT_EQ(counters_of(in_udp(6081, join({hex("3f00 6558 00000100"), zeros(252), frame()}))).segments, 1U);
  EXPECT_EQ(counters_of(in_udp(6081, join({hex("3f00 6558 00000100"), zeros(251)}))).truncated, 1U);
  EXPECT_EQ(counters_of(in_udp(6081, join({hex("4000 6558 00000100"), frame()}))).other_port, 1U) << "version 1";
}

// The ports are asked first, the tunnels next: a DNS client may have any port.
TEST(Tunnel, LeavesDnsPortsAlone) {
  const Raw bytes = join({hex("08000000 00000100"), frame()});
  FrameDecoder decoder{FrameLimits{}};
  for (const int number : {4789, 8472, 4790, 6081}) {
    const auto port = static_cast<std::uint16_t>(number);
    const Raw answer = ipv4(udp(bytes, {.source = 53, .destination = port}));
    const Segment* segment = decoder.decode(packet(LinkType::ipv4, answer));
    ASSERT_NE(segment, nullptr);
    EXPECT_EQ(segment->destination.port, port);
    EXPECT_EQ(segment->payload.size(), bytes.size());
  }
}

TEST(Tunnel, BoundsTheirDepth) {
  const auto nested = [](int count) {
    Raw bytes = frame();
    for (int i = 0; i < count; ++i) bytes = ethernet(0x0800, in_udp(4789, join({hex("08000000 00000100"), bytes})));
    return Raw(bytes.begin() + 14, bytes.end());
  };
  EXPECT_EQ(counters_of(nested(16)).segments, 1U);
  EXPECT_EQ(counters_of(nested(17)).too_deep, 1U);
  EXPECT_EQ(counters_of(nested(500)).too_deep, 1U);
  EXPECT_EQ(counters_of(in_gre(gre(0, 0x6558, {}, frame())), 1).segments, 1U);
  EXPECT_EQ(counters_of(in_gre(gre(0, 0x6558, {}, frame())), 0).too_deep, 1U);
  EXPECT_EQ(counters_of(in_udp(6081, join({hex("0000 6558 00000100"), frame()})), 0).too_deep, 1U);
}

}  // namespace
}  // namespace zonelag::decoder
