// Copies of a packet at a mirror port: what is one, and what only looks like one.
#include "duplicate.h"

#include <gtest/gtest.h>

#include "encapsulations.h"

namespace zonelag::decoder::test {
namespace {

using std::chrono::milliseconds;

class DuplicateTest : public testing::Test {
 protected:
  explicit DuplicateTest(std::size_t remembered = 64)
      : decoder_({.drop_duplicates = true, .max_packets_remembered = remembered}) {}

  // Whether it was handed on.
  bool passes(const Raw& bytes, int at = 0) {
    Packet made = packet(LinkType::ethernet, bytes);
    made.time = Timestamp(milliseconds(at));
    const bool segment = decoder_.decode(made) != nullptr;
    EXPECT_EQ(sum_of_ends(decoder_.counters()), decoder_.counters().packets);
    return segment;
  }
  FrameDecoder decoder_;
};

Raw v4(const Raw& datagram, std::uint16_t id = 1) { return ethernet(0x0800, ipv4(datagram, {.id = id})); }
Raw v4_tcp(const Raw& segment, std::uint16_t id = 1) {
  return ethernet(0x0800, ipv4(segment, {.protocol = 6, .id = id}));
}
Raw changed(Raw bytes, std::size_t at) {
  bytes.at(at) ^= std::byte{1};
  return bytes;
}

TEST_F(DuplicateTest, OffByDefault) {
  FrameDecoder decoder{FrameLimits{}};
  const Raw bytes = v4(udp(pattern(40)));
  for (int i = 0; i < 2; ++i) EXPECT_NE(decoder.decode(packet(LinkType::ethernet, bytes)), nullptr);
  EXPECT_EQ(decoder.counters().duplicates, 0U);
}

TEST_F(DuplicateTest, ACopyIsCountedOnce) {
  const Raw bytes = v4(udp(pattern(40)));
  EXPECT_TRUE(passes(bytes, 0));
  for (const int at : {0, 1, 99, -99}) EXPECT_FALSE(passes(bytes, at)) << at;
  EXPECT_EQ(decoder_.counters().duplicates, 4U);
  EXPECT_EQ(decoder_.counters().segments, 1U);
  EXPECT_TRUE(passes(bytes, 100)) << "the window is of the first";
  EXPECT_FALSE(passes(bytes, 199));
}

TEST_F(DuplicateTest, WhateverTheWayItTook) {
  const Raw inner = ipv4(udp(pattern(40)));
  Raw hopped = inner;
  hopped[8] ^= std::byte{1};  // TTL
  Raw far = ethernet(0x0800, inner);
  far[0] ^= std::byte{2};  // MAC address
  EXPECT_TRUE(passes(ethernet(0x0800, inner)));
  EXPECT_FALSE(passes(far));
  EXPECT_FALSE(passes(ethernet(0x0800, hopped)));
  EXPECT_FALSE(passes(ethernet(0x8100, vlan(0x0800, hopped))));
  EXPECT_FALSE(passes(ethernet(0x8100, vlan(0x8100, vlan(0x0800, inner)))));
}

TEST_F(DuplicateTest, ADifferenceInAnyPartOfTheKeyIsNoCopy) {
  const Raw datagram = udp(pattern(80));
  EXPECT_TRUE(passes(v4(datagram)));
  EXPECT_TRUE(passes(v4(datagram, 2))) << "IP identification: sent again";
  EXPECT_TRUE(passes(v4(udp(pattern(81))))) << "length";
  EXPECT_TRUE(passes(v4(udp(pattern(80), {.source = 1025})))) << "port";
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(datagram, {.source = "192.0.2.2", .id = 1}))));
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(datagram, {.destination = "192.0.2.2", .id = 1}))));
  EXPECT_TRUE(passes(v4(changed(datagram, 6)))) << "checksum";
  EXPECT_TRUE(passes(v4(changed(datagram, 8)))) << "first byte";
  EXPECT_TRUE(passes(v4(changed(datagram, 8 + DuplicateFilter::kHead - 1)))) << "last byte of the head";
  EXPECT_FALSE(passes(v4(changed(datagram, 8 + DuplicateFilter::kHead)))) << "the checksum stands for the rest";
}

TEST_F(DuplicateTest, SegmentsByTheirNumbersAndFlags) {
  const Raw data = pattern(40);
  EXPECT_TRUE(passes(v4_tcp(tcp(data))));
  EXPECT_TRUE(passes(v4_tcp(tcp(data, {.sequence = 1}))));
  EXPECT_TRUE(passes(v4_tcp(tcp(data, {.acknowledgement = 1}))));
  EXPECT_TRUE(passes(v4_tcp(tcp(data, {.flags = 0x19}))));
  EXPECT_TRUE(passes(v4_tcp(tcp(data), 2))) << "retransmitted";
  EXPECT_TRUE(passes(v4_tcp(tcp({}))));
  EXPECT_FALSE(passes(v4_tcp(tcp({}))));
  EXPECT_FALSE(passes(v4_tcp(tcp(data))));
  EXPECT_TRUE(passes(v4(tcp(data)))) << "as UDP";
}

TEST_F(DuplicateTest, Ipv6HasNoIdentification) {
  const Raw bytes = ethernet(0x86dd, ipv6(udp(pattern(40))));
  EXPECT_TRUE(passes(bytes));
  EXPECT_FALSE(passes(bytes));
  // Of an outer IPv4 header, it is none of the inner packet.
  for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{2}}) {
    EXPECT_FALSE(passes(ethernet(0x0800, ipv4(ipv6(udp(pattern(40))), {.protocol = 41, .id = id}))));
  }
  EXPECT_TRUE(passes(ethernet(0x86dd, ipv6(udp(changed(pattern(40), 0))))));
}

TEST_F(DuplicateTest, WhatIsReassembledIsOnePacket) {
  const Raw whole = udp(pattern(40));
  const Raw begin = ethernet(0x0800, ipv4(first(whole, 24), {.id = 9, .fragment = 0x2000}));
  const Raw end = ethernet(0x0800, ipv4(Raw(whole.begin() + 24, whole.end()), {.id = 9, .fragment = 3}));
  EXPECT_FALSE(passes(begin));
  EXPECT_TRUE(passes(end));
  EXPECT_FALSE(passes(begin));
  EXPECT_FALSE(passes(end));
  EXPECT_EQ(decoder_.counters().duplicates, 1U);
}

class FewRememberedTest : public DuplicateTest {
 protected:
  FewRememberedTest() : DuplicateTest(4) {}
};

TEST_F(FewRememberedTest, TheOldestMakesRoomAndIsCounted) {
  for (std::uint16_t id = 1; id <= 4; ++id) EXPECT_TRUE(passes(v4(udp(pattern(40)), id), id));
  EXPECT_EQ(decoder_.counters().duplicates_evicted, 0U);
  EXPECT_TRUE(passes(v4(udp(pattern(40)), 5), 5));
  EXPECT_EQ(decoder_.counters().duplicates_evicted, 1U);
  EXPECT_FALSE(passes(v4(udp(pattern(40)), 2), 6));
  EXPECT_TRUE(passes(v4(udp(pattern(40)), 1), 7));
  EXPECT_TRUE(passes(v4(udp(pattern(40)), 6), 300));
  EXPECT_EQ(decoder_.counters().duplicates_evicted, 2U) << "nothing is lost of what is too old anyway";
}

}  // namespace
}  // namespace zonelag::decoder::test
