// What an open connection costs, measured at operator new; and that bytes in order cost no allocation at all.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "decoder/tcp.h"

namespace {

std::size_t allocated = 0;  // now, as malloc accounts it
std::size_t peak = 0;
std::size_t allocations = 0;  // ever

}  // namespace

void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  allocated += malloc_usable_size(block);
  peak = std::max(peak, allocated);
  ++allocations;
  return block;
}
void operator delete(void* block) noexcept {
  allocated -= block == nullptr ? 0 : malloc_usable_size(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace zonelag::decoder {
namespace {

class IgnoringSink : public TcpSink {
 public:
  void tcp_started(const TcpConnection&) override {}
  void tcp_data(const TcpConnection&, Side, Moment, Bytes bytes) override { bytes_ += bytes.size(); }
  void tcp_hole(const TcpConnection&, Side, Moment, std::uint64_t) override {}
  void tcp_fin(const TcpConnection&, Side, Moment) override {}
  void tcp_ended(const TcpConnection&, TcpEnd, Moment) override {}
  std::uint64_t bytes_ = 0;
};

Segment segment_of(std::uint32_t client, std::uint32_t sequence, std::uint8_t flags, Bytes payload) {
  const std::array<std::byte, 4> address{std::byte{10}, std::byte(client >> 16 & 0xff), std::byte(client >> 8 & 0xff),
                                         std::byte(client & 0xff)};
  Segment segment;
  segment.source = {IpAddress::v4(address), 40'000};
  segment.destination = {IpAddress::v4(std::array<std::byte, 4>{}), 53};
  segment.sequence = sequence;
  segment.flags = flags;
  segment.payload = payload;
  return segment;
}

TEST(TcpMemory, AnOpenConnectionCostsAtMost320Bytes) {
  constexpr std::uint32_t kConnections = 100'000;
  IgnoringSink sink;
  const std::size_t before = allocated;
  peak = allocated;
  TcpReassembler tcp({}, sink, {53});
  const std::array<std::byte, 3> data{};
  for (std::uint32_t client = 0; client < kConnections; ++client) {
    tcp.segment(segment_of(client, 0, kSyn, {}));
    tcp.segment(segment_of(client, 1, kAck, data));
  }
  ASSERT_EQ(tcp.open_connections(), kConnections);
  EXPECT_EQ(sink.bytes_, 3U * kConnections);
  EXPECT_LE((allocated - before) / kConnections, 320U);
  EXPECT_LE((peak - before) / kConnections, 320U);
}

TEST(TcpMemory, FewConnectionsTakeLittle) {
  IgnoringSink sink;
  const std::size_t before = allocated;
  TcpReassembler tcp({.max_connections = 1U << 24}, sink, {53});
  tcp.segment(segment_of(1, 0, kSyn, {}));
  EXPECT_LE(allocated - before, 256U << 10);
}

TEST(TcpMemory, BytesInOrderCostNoAllocation) {
  IgnoringSink sink;
  TcpReassembler tcp({}, sink, {53});
  const std::vector<std::byte> data(1448);
  tcp.segment(segment_of(1, 0, kSyn, {}));
  tcp.segment(segment_of(1, 1, kAck, data));
  const std::size_t before = allocations;
  for (std::uint32_t i = 1; i < 1000; ++i) tcp.segment(segment_of(1, 1 + i * 1448, kAck, data));
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(sink.bytes_, 1'448'000U);
}

TEST(TcpMemory, HeldBytesCountWhatTheyCost) {
  constexpr std::size_t kLimit = 1U << 20;
  IgnoringSink sink;
  const std::size_t before = allocated;
  peak = allocated;
  TcpReassembler tcp({.max_held_bytes = kLimit, .max_held_bytes_of_side = kLimit}, sink, {53});
  const std::array<std::byte, 1> data{};
  tcp.segment(segment_of(1, 0, kSyn, {}));
  for (std::uint32_t i = 1; i < 100'000; ++i) tcp.segment(segment_of(1, 1 + i * 2, kAck, data));
  EXPECT_GT(tcp.held_bytes(), kLimit / 2);
  EXPECT_LE(peak - before, kLimit + (256U << 10));
}

}  // namespace
}  // namespace zonelag::decoder
