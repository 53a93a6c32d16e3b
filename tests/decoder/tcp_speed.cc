// Nanoseconds for each in-order segment; run by hand: tcp_speed [connections]. Not a test: figures depend on the
// machine.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "decoder/tcp.h"

using namespace zonelag::decoder;

namespace {

class CountingSink : public TcpSink {
 public:
  void tcp_started(const TcpConnection&) override {}
  void tcp_data(const TcpConnection&, Side, Moment, Bytes bytes) override { bytes_ += bytes.size(); }
  void tcp_hole(const TcpConnection&, Side, Moment, std::uint64_t) override {}
  void tcp_fin(const TcpConnection&, Side, Moment) override {}
  void tcp_ended(const TcpConnection&, TcpEnd, Moment) override {}
  std::uint64_t bytes_ = 0;
};

constexpr std::uint32_t kSegments = 10'000'000;
constexpr std::uint32_t kSize = 1448;

// Every connection in turn sends `burst` segments.
double measure(std::uint32_t connections, std::uint32_t burst) {
  const std::vector<std::byte> payload(kSize);
  std::vector<Segment> segments(connections);
  for (std::uint32_t i = 0; i < connections; ++i) {
    const std::array<std::byte, 4> address{std::byte{10}, std::byte(i >> 16 & 0xff), std::byte(i >> 8 & 0xff),
                                           std::byte(i & 0xff)};
    segments[i].source = {IpAddress::v4(address), 53};
    segments[i].destination = {IpAddress::v4(std::array<std::byte, 4>{}), 40'000};
    segments[i].payload = payload;
    segments[i].flags = kAck;
  }
  CountingSink sink;
  TcpReassembler tcp({}, sink, {53});
  for (Segment& segment : segments) tcp.segment(segment), segment.sequence += kSize;
  const std::clock_t begin = std::clock();  // processor time: other load does not count
  for (std::uint32_t sent = 0, i = 0; sent < kSegments; ++sent) {
    if (sent % burst == 0 && ++i == connections) i = 0;
    tcp.segment(segments[i]);
    segments[i].sequence += kSize;
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  if (sink.bytes_ != (std::uint64_t{kSegments} + connections) * kSize) std::abort();
  return seconds * 1e9 / kSegments;
}

}  // namespace

int main(int argc, char** argv) {
  const auto most = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 100'000);
  for (std::uint32_t connections = 1; connections <= most; connections *= 10) {
    std::printf("%7u connections: %5.1f ns a segment one at a time, %5.1f ns in bursts of 16\n", connections,
                measure(connections, 1), measure(connections, 16));
  }
}
