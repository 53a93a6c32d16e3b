#include "decoder/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "encapsulations.h"

namespace zonelag::decoder {
namespace {

using namespace test;

// The way that `bytes` on an Ethernet ended, as the one counter that is 1.
const char* end_of(const Raw& bytes, const FrameLimits& limits = {}) {
  FrameDecoder decoder{limits};
  const Segment* segment = decoder.decode(packet(LinkType::ethernet, bytes));
  const FrameCounters& counters = decoder.counters();
  EXPECT_EQ(counters.packets, 1U);
  EXPECT_EQ(sum_of_ends(counters), 1U);
  EXPECT_EQ(segment != nullptr, counters.segments == 1);
  if (counters.segments == 1) return "segment";
  if (counters.unknown_link == 1) return "unknown_link";
  if (counters.not_ip == 1) return "not_ip";
  if (counters.truncated == 1) return "truncated";
  if (counters.malformed == 1) return "malformed";
  if (counters.too_deep == 1) return "too_deep";
  if (counters.not_udp_tcp == 1) return "not_udp_tcp";
  if (counters.other_port == 1) return "other_port";
  return counters.tls_port == 1 ? "tls_port" : "fragment";
}

Raw in_ipv4(const Raw& datagram) { return ethernet(0x0800, ipv4(datagram)); }
Raw in_ipv4_tcp(const Raw& segment) { return ethernet(0x0800, ipv4(segment, {.protocol = 6})); }
Raw between(std::uint16_t source, std::uint16_t destination) {
  return in_ipv4(udp(pattern(30), {.source = source, .destination = destination}));
}

TEST(FrameDecoder, HandsOnTimeAndNumber) {
  const Raw bytes = between(40000, 53);
  const Raw tagged = ethernet(0x8100, vlan(0x0800, ipv4(udp(pattern(3)))));
  FrameDecoder decoder{FrameLimits{}};
  for (const Raw& each : {bytes, tagged}) {
    Packet made = packet(LinkType::ethernet, each);
    made.time = Timestamp{Duration{1'700'000'000'123'456'789}};
    made.number = 42;
    const Segment* segment = decoder.decode(made);
    ASSERT_NE(segment, nullptr);
    EXPECT_EQ(segment->time, made.time);
    EXPECT_EQ(segment->packet, 42U);
  }
}

TEST(FrameDecoder, LooksAtThePorts) {
  EXPECT_STREQ(end_of(between(53, 40000)), "segment");
  EXPECT_STREQ(end_of(between(40000, 53)), "segment");
  EXPECT_STREQ(end_of(between(52, 54)), "other_port");
  EXPECT_STREQ(end_of(between(40000, 853)), "tls_port");
  EXPECT_STREQ(end_of(between(853, 40000)), "tls_port");
  EXPECT_STREQ(end_of(between(853, 53)), "segment");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp({}, {.source = 853}))), "segment");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp({}, {.source = 853, .destination = 1}))), "tls_port");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp({}, {.source = 54, .destination = 52}))), "other_port");
}

TEST(FrameDecoder, TakesThePortsItIsGiven) {
  FrameLimits limits;
  limits.ports = {5353, 853, 4789};
  EXPECT_STREQ(end_of(between(40000, 5353), limits), "segment");
  EXPECT_STREQ(end_of(between(40000, 853), limits), "segment");
  EXPECT_STREQ(end_of(between(40000, 4789), limits), "segment") << "a DNS port is no tunnel";
  EXPECT_STREQ(end_of(between(40000, 53), limits), "other_port");
  limits.ports.clear();
  EXPECT_STREQ(end_of(between(40000, 53), limits), "other_port");
}

struct UdpLength {
  std::uint16_t length;
  std::size_t captured;
  std::uint32_t missing;
};

TEST(FrameDecoder, TakesUdpAsFarAsItGoes) {
  // 30 bytes of payload are there. 8 is the last good length; 0 is a jumbogram's or left to the card.
  const UdpLength cases[] = {{38, 30, 0}, {37, 29, 0},        {9, 1, 0}, {8, 0, 0},
                             {39, 30, 1}, {65535, 30, 65497}, {0, 30, 0}};
  for (const auto& [length, captured, missing] : cases) {
    for (const bool tagged : {false, true}) {  // past the walk's shortcut, and through the walk
      const Raw ip = ipv4(udp(pattern(30), {.length = length}));
      const Raw bytes = tagged ? ethernet(0x8100, vlan(0x0800, ip)) : ethernet(0x0800, ip);
      FrameDecoder decoder{FrameLimits{}};
      const Segment* segment = decoder.decode(packet(LinkType::ethernet, bytes));
      ASSERT_NE(segment, nullptr) << length;
      EXPECT_EQ(segment->payload.size(), captured) << length;
      EXPECT_EQ(segment->missing, missing) << length;
    }
  }
  for (const std::uint16_t length : {std::uint16_t{7}, std::uint16_t{1}}) {
    EXPECT_STREQ(end_of(in_ipv4(udp(pattern(30), {.length = length}))), "malformed");
  }
}

TEST(FrameDecoder, ChecksTheTcpHeaderLength) {
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp(pattern(40), {.header_words = std::uint8_t{5}}))), "segment");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp(pattern(40), {.header_words = std::uint8_t{4}}))), "malformed");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp(pattern(40), {.header_words = std::uint8_t{0}}))), "malformed");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp(pattern(40), {.header_words = std::uint8_t{15}}))), "segment");
  EXPECT_STREQ(end_of(in_ipv4_tcp(tcp(pattern(39), {.header_words = std::uint8_t{15}}))), "malformed");
  EXPECT_STREQ(end_of(in_ipv4_tcp(first(tcp({}), 19))), "truncated");
  EXPECT_STREQ(end_of(in_ipv4(first(udp({}), 7))), "truncated");
}

TEST(FrameDecoder, IgnoresEthernetPadding) {
  for (const Raw& ip : {ipv4(tcp({}), {.protocol = 6}), ipv6(tcp({}), {.next = 6})}) {
    const std::uint16_t type = ip[0] == std::byte{0x60} ? 0x86dd : 0x0800;
    FrameDecoder decoder{FrameLimits{}};
    const Raw padded = join({ethernet(type, ip), zeros(6)});
    const Segment* segment = decoder.decode(packet(LinkType::ethernet, padded));
    ASSERT_NE(segment, nullptr);
    EXPECT_TRUE(segment->payload.empty());
    EXPECT_EQ(segment->missing, 0U);
  }
}

// A capture whose wire length says less than was captured lies; the bytes are there.
TEST(FrameDecoder, BelievesTheBytesMoreThanTheWireLength) {
  const Raw bytes = ethernet(0x86dd, ipv6(udp(pattern(9), {.length = 0}), {.length = 0}));
  Packet made = packet(LinkType::ethernet, bytes);
  made.wire_length = 3;
  FrameDecoder decoder{FrameLimits{}};
  const Segment* segment = decoder.decode(made);
  ASSERT_NE(segment, nullptr);
  EXPECT_EQ(segment->payload.size(), 9U);
  EXPECT_EQ(segment->missing, 0U);
}

TEST(FrameDecoder, IsMovedWithItsFragments) {
  const Raw datagram = udp(pattern(24));
  const Raw head(datagram.begin(), datagram.begin() + 16);
  const Raw tail(datagram.begin() + 16, datagram.end());
  FrameDecoder decoder{FrameLimits{}};
  const Raw one = ethernet(0x0800, ipv4(head, {.fragment = 0x2000}));
  const Raw two = ethernet(0x0800, ipv4(tail, {.fragment = 2}));
  EXPECT_EQ(decoder.decode(packet(LinkType::ethernet, one)), nullptr);
  FrameDecoder moved{std::move(decoder)};
  EXPECT_NE(moved.decode(packet(LinkType::ethernet, two)), nullptr);
}

// The shortcut for usual packets and the walk say the same: what a VLAN tag makes walk must come out alike.
TEST(FrameDecoder, ShortcutAndWalkAgree) {
  std::mt19937_64 random{7};
  const Raw good = ipv4(udp(pattern(20)));
  FrameDecoder shortcut{FrameLimits{}};
  FrameDecoder walk{FrameLimits{}};
  for (int round = 0; round < 50000; ++round) {
    Raw ip = good;
    // Bytes that matter: lengths, fragment, protocol, ports; half of the time none.
    constexpr std::size_t kPlaces[] = {0, 2, 3, 6, 7, 9, 20, 21, 22, 23, 24, 25};
    if (round % 2 == 0) ip[kPlaces[random() % std::size(kPlaces)]] = static_cast<std::byte>(random() % 64);
    const std::size_t snapped_by = random() % 3 == 0 ? random() % (ip.size() + 1) : 0;
    const Raw plain = ethernet(0x0800, ip);
    const Raw tagged = ethernet(0x8100, vlan(0x0800, ip));
    const Segment* a = shortcut.decode(snapped(LinkType::ethernet, plain, plain.size() - snapped_by));
    const Segment* b = walk.decode(snapped(LinkType::ethernet, tagged, tagged.size() - snapped_by));
    ASSERT_EQ(a != nullptr, b != nullptr);
    if (a == nullptr) continue;
    EXPECT_EQ(Raw(a->payload.begin(), a->payload.end()), Raw(b->payload.begin(), b->payload.end()));
    EXPECT_EQ(a->missing, b->missing);
    EXPECT_EQ(a->transport, b->transport);
    EXPECT_EQ(a->source, b->source);
    EXPECT_EQ(a->destination, b->destination);
    EXPECT_EQ(a->sequence, b->sequence);
    EXPECT_EQ(a->flags, b->flags);
  }
  EXPECT_GT(shortcut.counters().segments, 20000U);
  EXPECT_GT(shortcut.counters().truncated, 1000U);
  EXPECT_EQ(shortcut.counters().segments, walk.counters().segments);
  EXPECT_EQ(shortcut.counters().malformed, walk.counters().malformed);
}

// Every packet ends in exactly one way, whatever is in it, and all ways occur.
TEST(FrameDecoder, CountsEachPacketOnce) {
  std::mt19937_64 random{42};
  const auto all = all_encapsulations();
  FrameLimits limits;
  limits.max_layers = 4;
  limits.max_datagrams_in_reassembly = 100;
  FrameDecoder decoder{limits};
  std::uint64_t segments = 0;
  for (int round = 0; round < 100000; ++round) {
    const Encapsulation& base = all[random() % all.size()];
    Raw bytes = first(base.bytes, base.bytes.size() - random() % 40 * (random() % 2));
    for (auto changes = random() % 4; changes != 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    Packet made = packet(random() % 64 == 0 ? static_cast<LinkType>(random() % 300) : base.link, bytes);
    made.time = Timestamp{std::chrono::seconds(round)};
    segments += decoder.decode(made) != nullptr ? 1U : 0U;
    const FrameCounters& counters = decoder.counters();
    ASSERT_EQ(counters.packets, sum_of_ends(counters));
    ASSERT_EQ(counters.segments, segments);
  }
  const FrameCounters& counters = decoder.counters();
  EXPECT_EQ(counters.packets, 100000U);
  EXPECT_THAT((std::vector{counters.segments, counters.unknown_link, counters.not_ip, counters.truncated,
                           counters.malformed, counters.too_deep, counters.not_udp_tcp, counters.other_port,
                           counters.fragments_kept, counters.datagrams_expired}),
              testing::Each(testing::Gt(0U)));
}

}  // namespace
}  // namespace zonelag::decoder
