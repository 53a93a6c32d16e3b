// IPv4, IPv6, extension headers.
#include <gtest/gtest.h>

#include "encapsulations.h"

namespace zonelag::decoder {
namespace {

using namespace test;

FrameCounters counters_of(LinkType link, const Raw& bytes, std::uint32_t max_layers = 16) {
  FrameLimits limits;
  limits.max_layers = max_layers;
  FrameDecoder decoder{limits};
  decoder.decode(packet(link, bytes));
  EXPECT_EQ(sum_of_ends(decoder.counters()), 1U);
  return decoder.counters();
}

TEST(Ip, DecodesEveryEncapsulationAtEveryLength) {
  for (const auto& encapsulation : ip_encapsulations()) expect_decoded_at_every_length(encapsulation);
}

TEST(Ip, ChecksIpv4VersionAndHeaderLength) {
  const Raw datagram = udp(pattern(40));
  const auto with_first = [&](std::uint8_t first_byte) {
    return counters_of(LinkType::ipv4, ipv4(datagram, {.first = first_byte}));
  };
  EXPECT_EQ(with_first(0x45).segments, 1U);
  EXPECT_EQ(with_first(0x44).malformed, 1U);
  EXPECT_EQ(with_first(0x40).malformed, 1U);
  EXPECT_EQ(with_first(0x55).malformed, 1U);
  EXPECT_EQ(with_first(0x65).malformed, 1U);
  EXPECT_EQ(with_first(0x4f).other_port, 1U) << "40 bytes of options";
  EXPECT_EQ(
      counters_of(LinkType::ipv6, ipv4(datagram)).truncated + counters_of(LinkType::ipv6, ipv4(datagram)).malformed,
      1U);
}

TEST(Ip, ChecksIpv4TotalLength) {
  const Raw datagram = udp({});
  const auto with_total = [&](std::uint16_t total) {
    return counters_of(LinkType::ipv4, ipv4(datagram, {.options = hex("01010101"), .total = total}));
  };
  EXPECT_EQ(with_total(32).segments, 1U);
  EXPECT_EQ(with_total(31).truncated, 1U);
  EXPECT_EQ(with_total(24).truncated, 1U) << "a header and nothing else";
  EXPECT_EQ(with_total(23).malformed, 1U);
  EXPECT_EQ(with_total(1).malformed, 1U);
  EXPECT_EQ(with_total(0).segments, 1U) << "left to the network card";
  EXPECT_EQ(with_total(65535).segments, 1U) << "cut by the mirror";
}

struct Length {
  std::size_t captured;
  std::uint32_t missing;
};

Length payload_of(const Packet& packet) {
  FrameDecoder decoder{FrameLimits{}};
  const Segment* segment = decoder.decode(packet);
  if (segment == nullptr) return {9999, 9999};
  return {segment->payload.size(), segment->missing};
}

TEST(Ip, TakesTotalLengthZeroAsTheRest) {
  const Raw v4 = ethernet(0x0800, ipv4(tcp(pattern(70000)), {.protocol = 6, .total = 0}));
  const Raw v6 = ethernet(0x86dd, ipv6(tcp(pattern(70000)), {.next = 6, .length = 0}));
  for (const Raw& bytes : {v4, v6}) {
    EXPECT_EQ(payload_of(packet(LinkType::ethernet, bytes)).captured, 70000U);
    EXPECT_EQ(payload_of(packet(LinkType::ethernet, bytes)).missing, 0U);
    EXPECT_EQ(payload_of(snapped(LinkType::ethernet, bytes, bytes.size() - 69000)).captured, 1000U);
    EXPECT_EQ(payload_of(snapped(LinkType::ethernet, bytes, bytes.size() - 69000)).missing, 69000U);
  }
}

TEST(Ip, ReadsJumbograms) {
  // RFC 2675: the length counts what is behind the IPv6 header, these 8 bytes included.
  const auto jumbo = [](std::uint32_t length, std::size_t payload) {
    return ethernet(0x86dd,
                    ipv6(join({hex("0600 c204"), u32(length), tcp(pattern(payload))}), {.next = 0, .length = 0}));
  };
  const auto exact = payload_of(packet(LinkType::ethernet, jumbo(8 + 20 + 66000, 66000)));
  EXPECT_EQ(exact.captured, 66000U);
  EXPECT_EQ(exact.missing, 0U);
  EXPECT_EQ(payload_of(packet(LinkType::ethernet, jumbo(8 + 20 + 66000, 66010))).captured, 66000U) << "padding";
  EXPECT_EQ(payload_of(packet(LinkType::ethernet, jumbo(8 + 20 + 66000, 100))).missing, 65900U);
  EXPECT_EQ(payload_of(packet(LinkType::ethernet, jumbo(0xffffffff, 100))).missing, 0xffffffffU - 128);
  EXPECT_EQ(counters_of(LinkType::ethernet, jumbo(65536, 100)).segments, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, jumbo(65535, 100)).malformed, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, jumbo(1, 100)).malformed, 1U);
  // Behind other options; cut off; without one.
  const auto options = [](const char* header) {
    const Raw bytes =
        ethernet(0x86dd, ipv6(join({hex(header), udp(pattern(4), {.length = 0})}), {.next = 0, .length = 0}));
    return payload_of(packet(LinkType::ethernet, bytes)).missing;
  };
  EXPECT_EQ(options("1101 00 0102 0000 c204 00010064 0100 00"), 0x10064U - 16 - 8 - 4) << "behind Pad1 and PadN";
  EXPECT_EQ(options("1101 c2ff 00010064 0000 000000000000"), 0U);
  EXPECT_EQ(options("1100 0104 00000000"), 0U);
}

TEST(Ip, PassesOverOtherProtocols) {
  for (const int number : {1, 2, 50, 58, 59, 89, 132, 255}) {
    const auto protocol = static_cast<std::uint8_t>(number);
    EXPECT_EQ(counters_of(LinkType::ipv4, ipv4(udp({}), {.protocol = protocol})).not_udp_tcp, 1U);
    EXPECT_EQ(counters_of(LinkType::ipv6, ipv6(udp({}), {.next = protocol})).not_udp_tcp, 1U);
  }
  for (const int number : {0, 43, 44, 60}) {
    const auto extension_header = static_cast<std::uint8_t>(number);
    const Raw bytes = ipv4(extension(17, 0, udp({})), {.protocol = extension_header});
    EXPECT_EQ(counters_of(LinkType::ipv4, bytes).not_udp_tcp, 1U) << "IPv6 only";
  }
  const Raw other = ipv4(pattern(16), {.protocol = 1, .fragment = 0x2000});
  EXPECT_EQ(counters_of(LinkType::ipv4, other).not_udp_tcp, 1U) << "its fragments are not kept";
}

TEST(Ip, BoundsExtensionHeadersAndTunnels) {
  const auto headers = [](int count) {
    Raw bytes = udp({});
    for (int i = 0; i < count; ++i) bytes = extension(i == 0 ? 17 : 60, 0, bytes);
    return ipv6(bytes, {.next = 60});
  };
  const auto tunnels = [](int count) {
    Raw bytes = ipv4(udp({}));
    for (int i = 0; i < count; ++i) bytes = ipv4(bytes, {.protocol = 4});
    return bytes;
  };
  EXPECT_EQ(counters_of(LinkType::ipv6, headers(16)).segments, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv6, headers(17)).too_deep, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv6, headers(8000)).too_deep, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv4, tunnels(16)).segments, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv4, tunnels(17)).too_deep, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv4, tunnels(1000)).too_deep, 1U);
}

TEST(Ip, HoldsTunnelsToTheirVersion) {
  EXPECT_EQ(counters_of(LinkType::ipv4, ipv4(ipv6(udp({})), {.protocol = 4})).malformed, 1U);
  EXPECT_EQ(counters_of(LinkType::ipv4, ipv4(ipv4(udp(pattern(20))), {.protocol = 41})).malformed, 1U);
}

// The length of the inner header counts, not that of the outer one.
TEST(Ip, CountsWhatIsMissingByTheInnermostHeader) {
  const Raw inner = ipv4(udp(pattern(100)), {.total = 20 + 8 + 100});
  const Raw outer = ipv4(first(inner, 20 + 8 + 60), {.protocol = 4});  // cut by the mirror, and honest about it
  const auto length = payload_of(packet(LinkType::ipv4, outer));
  EXPECT_EQ(length.captured, 60U);
  EXPECT_EQ(length.missing, 40U);
}

}  // namespace
}  // namespace zonelag::decoder
