#include "traffic/tcp_sender.h"

#include <gtest/gtest.h>

#include "packet_reader.h"

namespace zonelag::traffic {
namespace {

const Path kPath{{client_address(1, false), 40000}, {server_address(false), kDnsPort}};

struct Sent {
  std::vector<std::uint8_t> bytes;
  TcpSender::Truth truth;
  ReadStream stream;
  Time last_new_byte{};
};

/// Sends `size` bytes in writes of odd sizes and puts together what was captured.
Sent send(const SenderOptions& options, std::uint64_t seed, std::size_t size = 400'000) {
  MemorySink sink;
  Wire wire{sink, {}};
  TcpCounts counts;
  TcpFlow flow{kPath, 1, 0xfffffff0};
  flow.handshake(wire, counts);
  TcpSender sender{flow, wire, counts, options, Rng{seed}};
  Sent sent;
  Rng rng{seed + 1};
  while (sent.bytes.size() < size) {
    std::vector<std::uint8_t> part(1 + rng.below(20'000));
    rng.fill(part);
    sender.write(part);
    sent.bytes.insert(sent.bytes.end(), part.begin(), part.end());
  }
  sender.flush();
  sent.truth = sender.truth();
  for (const auto& frame : sink.all()) {
    const auto packet = read_packet(frame.bytes);
    EXPECT_TRUE(packet && packet->checksums_right);
    if (!packet || packet->path.from.port != kDnsPort) continue;
    const std::uint64_t before = sent.stream.seen();
    sent.stream.add(*packet);
    if (sent.stream.seen() > before) sent.last_new_byte = frame.time;
  }
  return sent;
}

TEST(TcpSender, UndisturbedStreamsAreCutIntoFullSegments) {
  const Sent sent = send({}, 1);
  EXPECT_EQ(sent.stream.missing(), 0U);
  EXPECT_EQ(sent.stream.bytes(), sent.bytes);
  EXPECT_EQ(sent.truth.stream_bytes, sent.bytes.size());
  EXPECT_EQ(sent.truth.segments, (sent.bytes.size() + 1447) / 1448);
  EXPECT_EQ(sent.truth.last_new_byte, sent.last_new_byte);
}

TEST(TcpSender, ADisturbedStreamIsStillWhole) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const std::size_t segment : {std::size_t{1448}, std::size_t{65160}}) {
      const Disturbance disturbance{.reorder = 20, .duplicate = 10, .overlap = 20, .drop = 0};
      const Sent sent = send({.segment = segment, .disturbance = disturbance}, seed);
      EXPECT_EQ(sent.stream.missing(), 0U);
      EXPECT_EQ(sent.stream.bytes(), sent.bytes);
      EXPECT_EQ(sent.truth.last_new_byte, sent.last_new_byte);
      if (segment == 1448) {
        EXPECT_GT(sent.truth.reordered, 0U);
        EXPECT_GT(sent.truth.duplicated, 0U);
        EXPECT_GT(sent.truth.overlapped, 0U);
      }
    }
  }
}

TEST(TcpSender, AHoleStaysAHole) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Disturbance disturbance{.reorder = 20, .duplicate = 10, .overlap = 20, .drop = 5};
    const Sent sent = send({.disturbance = disturbance}, seed);
    EXPECT_GT(sent.truth.dropped, 0U);
    EXPECT_EQ(sent.stream.seen() + sent.truth.dropped_bytes, sent.bytes.size());
  }
}

TEST(TcpSender, EverythingAtOnceEnds) {
  const Disturbance disturbance{.reorder = 100, .duplicate = 100, .overlap = 100, .drop = 0};
  const Sent sent = send({.segment = 1, .disturbance = disturbance}, 3, 10'000);
  EXPECT_EQ(sent.stream.bytes(), sent.bytes);
}

}  // namespace
}  // namespace zonelag::traffic
