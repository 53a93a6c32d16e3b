// Link layers, VLAN, MPLS, PPPoE.
#include <gtest/gtest.h>

#include <functional>

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

Raw datagram() { return ipv4(udp(pattern(5))); }

TEST(Link, DecodesEveryEncapsulationAtEveryLength) {
  for (const auto& encapsulation : link_encapsulations()) expect_decoded_at_every_length(encapsulation);
}

TEST(Link, KnowsItsLinkTypes) {
  for (int number = 0; number < 400; ++number) {
    const auto link = static_cast<LinkType>(number);
    const bool unknown = counters_of(link, zeros(100)).unknown_link == 1;
    EXPECT_NE(is_known(link), unknown) << number;
  }
  EXPECT_FALSE(is_known(static_cast<LinkType>(105)));  // 802.11
  EXPECT_TRUE(is_known(LinkType::linux_sll2));
}

TEST(Link, PassesOverWhatIsNotIp) {
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x0806, zeros(46))).not_ip, 1U);                 // ARP
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(38, hex("424203 0000 0000 0000"))).not_ip, 1U);  // STP
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(1500, join({hex("aaaa03 00000c 0800"), datagram()}))).not_ip, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(1501, join({hex("aaaa03 000000 0800"), datagram()}))).not_ip, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8863, zeros(46))).not_ip, 1U);  // PPPoE discovery
  const Raw again = hex("aaaa03 000000 0030 aaaa03 000000 0800");  // SNAP in SNAP: would be layers without a count
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(60, join({again, datagram()}))).not_ip, 1U);
  EXPECT_EQ(counters_of(LinkType::raw, hex("50000000")).not_ip, 1U);
  EXPECT_EQ(counters_of(LinkType::null, join({u32(7), datagram()})).not_ip, 1U);
  EXPECT_EQ(counters_of(LinkType::loop, join({hex("02000000"), datagram()})).not_ip, 1U) << "network order only";
}

TEST(Link, ReadsPppoe) {
  const Raw ppp = join({hex("0021"), datagram()});
  const auto pppoe = [](const char* head, unsigned length, const Raw& rest) {
    return counters_of(LinkType::pppoe, join({hex(head), u16(length), rest}));
  };
  EXPECT_EQ(pppoe("1100 0001", 35, ppp).segments, 1U);
  EXPECT_EQ(pppoe("1100 0001", 34, join({hex("21"), datagram()})).segments, 1U) << "compressed protocol number";
  EXPECT_EQ(pppoe("1200 0001", 35, ppp).malformed, 1U);
  EXPECT_EQ(pppoe("1109 0001", 35, ppp).not_ip, 1U);
  EXPECT_EQ(pppoe("1100 0001", 1, ppp).truncated, 1U);
  EXPECT_EQ(pppoe("1100 0001", 10, hex("c021 0101 0008 0000 0000")).not_ip, 1U);  // LCP
  EXPECT_EQ(pppoe("1100 0001", 39, join({hex("0281 00011140"), datagram()})).segments, 1U);
}

// The last good depth, the first bad, and far too many.
TEST(Link, BoundsTagsAndLabels) {
  const auto tags = [](int count) {
    Raw bytes = datagram();
    for (int i = 0; i < count; ++i) bytes = vlan(i == 0 ? 0x0800 : 0x8100, bytes);
    return ethernet(count == 0 ? 0x0800 : 0x8100, bytes);
  };
  const auto labels = [](int count) {
    Raw bytes = join({hex("00011140"), datagram()});
    for (int i = 1; i < count; ++i) bytes = join({hex("00010040"), bytes});
    return ethernet(0x8847, bytes);
  };
  for (const auto& make : {std::function<Raw(int)>{tags}, std::function<Raw(int)>{labels}}) {
    EXPECT_EQ(counters_of(LinkType::ethernet, make(16)).segments, 1U);
    EXPECT_EQ(counters_of(LinkType::ethernet, make(17)).too_deep, 1U);
    EXPECT_EQ(counters_of(LinkType::ethernet, make(18)).too_deep, 1U);
    EXPECT_EQ(counters_of(LinkType::ethernet, make(10000)).too_deep, 1U);
    EXPECT_EQ(counters_of(LinkType::ethernet, make(1), 1).segments, 1U);
    EXPECT_EQ(counters_of(LinkType::ethernet, make(1), 0).too_deep, 1U);
  }
  EXPECT_EQ(counters_of(LinkType::ethernet, tags(0), 0).segments, 1U);
}

// Addresses that begin with a zero nibble look like a control word and the other way round: what follows decides.
TEST(Link, TellsPseudoWiresWithAndWithoutControlWord) {
  const Raw bottom = hex("00011140");
  const Raw inner = ethernet(0x8100, vlan(0x0800, datagram()));
  ASSERT_EQ(inner[0], std::byte{0x00});
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8847, join({bottom, inner}))).segments, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8847, join({bottom, hex("00000001"), inner}))).segments, 1U);
  Raw other = inner;
  other[0] = std::byte{0xf2};
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8847, join({bottom, other}))).segments, 1U);
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8847, join({bottom, hex("00000001"), other}))).segments, 1U);
  const Raw arp = ethernet(0x0806, zeros(46));
  EXPECT_EQ(counters_of(LinkType::ethernet, ethernet(0x8847, join({bottom, hex("00000001"), arp}))).not_ip, 1U);
}

}  // namespace
}  // namespace zonelag::decoder
