#include "traffic/frame.h"

#include <gtest/gtest.h>

#include "packet_reader.h"
#include "traffic/checksum.h"
#include "traffic/rng.h"

namespace zonelag::traffic {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t size, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(size);
  Rng{seed}.fill(bytes);
  return bytes;
}

Path path(bool v6) { return {{client_address(77, v6), 4711}, {server_address(v6), kDnsPort}}; }

TEST(Checksum, IsThatOfTheRfcsExample) {
  // RFC 1071, section 3: the sum of these is ddf2.
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_finish(checksum_add(0, bytes)), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Checksum, AddsUpInPartsOfEvenLength) {
  for (std::size_t size = 0; size < 40; ++size) {
    const auto bytes = random_bytes(size, size);
    const ByteView all{bytes};
    for (std::size_t cut = 0; cut <= size; cut += 2) {
      const auto parts = checksum_add(checksum_add(0, all.first(cut)), all.subspan(cut));
      EXPECT_EQ(checksum_finish(parts), checksum_finish(checksum_add(0, all))) << size << ' ' << cut;
    }
  }
}

TEST(Checksum, OfANumberIsThatOfItsBytes) {
  for (const bool odd : {false, true}) {
    std::vector<std::uint8_t> bytes(odd ? 5 : 4);
    WireBuffer::store32(bytes.data() + (odd ? 1 : 0), 0x12f4a6e8);
    EXPECT_EQ(checksum_finish(checksum_of_u32(0x12f4a6e8, odd)), checksum_finish(checksum_add(0, bytes)));
  }
}

TEST(Frame, UdpReadsBackWithRightChecksums) {
  for (const bool v6 : {false, true}) {
    for (std::size_t size = 0; size < 200; ++size) {
      const auto payload = random_bytes(size, size);
      WireBuffer frame;
      build_udp_frame(frame, path(v6), {}, 9, payload);
      const auto packet = read_packet(frame.view());
      ASSERT_TRUE(packet && packet->checksums_right) << size;
      EXPECT_EQ(packet->path.from, path(v6).from);
      EXPECT_EQ(packet->path.to, path(v6).to);
      EXPECT_EQ(packet->payload, payload);
      EXPECT_FALSE(packet->vlan);
    }
  }
}

TEST(Frame, TcpReadsBackAtTheLargestSizeThatOffloadingShows) {
  for (const bool v6 : {false, true}) {
    const auto payload = random_bytes(65160, 5);
    const auto options = random_bytes(12, 6);
    WireBuffer frame;
    build_tcp_frame(frame, path(v6), {.vlan = 300}, 9,
                    {.seq = 0xfffffff0, .ack = 17, .flags = kTcpPsh, .options = options}, payload);
    const auto packet = read_packet(frame.view());
    ASSERT_TRUE(packet && packet->checksums_right);
    EXPECT_EQ(packet->vlan, 300);
    EXPECT_EQ(packet->seq, 0xfffffff0);
    EXPECT_EQ(packet->ack, 17U);
    EXPECT_EQ(packet->flags, kTcpPsh);
    EXPECT_EQ(packet->payload, payload);
  }
}

TEST(Frame, AUdpChecksumIsNeverZero) {
  // The sum of everything else is all ones for one of these, which a checksum of 0 would belong to.
  for (std::uint32_t value = 0; value <= 0xffff; ++value) {
    const std::vector<std::uint8_t> payload{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    WireBuffer frame;
    build_udp_frame(frame, path(false), {}, 0, payload);
    const auto packet = read_packet(frame.view());
    ASSERT_TRUE(packet && packet->checksums_right) << value;
  }
}

}  // namespace
}  // namespace zonelag::traffic
