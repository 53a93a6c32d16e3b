#include "message_splitter.h"

#include <gtest/gtest.h>

#include <array>
#include <unordered_map>
#include <vector>

#include "captures.h"
#include "decoder/decoder.h"

namespace zonelag::truth {
namespace {

using decoder::Bytes;
using decoder::Moment;
using decoder::Side;
using decoder::TcpConnection;

// Each side of a connection: two bytes of length, then the message (RFC 7766 section 8).
class Splitter final : public decoder::TcpSink {
 public:
  Splitter(const TakeMessage& take, Totals& totals) : take_(take), totals_(totals) {}

  void tcp_started(const TcpConnection& connection) override { streams_[connection.slot] = {}; }
  void tcp_data(const TcpConnection& connection, Side from, Moment moment, Bytes bytes) override {
    Stream& stream = streams_[connection.slot][static_cast<std::size_t>(from)];
    if (stream.given_up) return;
    stream.bytes.insert(stream.bytes.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (stream.bytes.size() - at >= 2) {
      const std::size_t length =
          std::to_integer<std::size_t>(stream.bytes[at]) << 8 | std::to_integer<std::size_t>(stream.bytes[at + 1]);
      if (stream.bytes.size() - at - 2 < length) break;
      ++totals_.tcp;
      take_(Bytes(stream.bytes).subspan(at + 2, length), moment.packet);
      at += 2 + length;
    }
    stream.bytes.erase(stream.bytes.begin(), stream.bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void tcp_hole(const TcpConnection& connection, Side from, Moment, std::uint64_t) override {
    Stream& stream = streams_[connection.slot][static_cast<std::size_t>(from)];
    if (!stream.given_up) ++totals_.streams_given_up;
    stream = {.given_up = true};
  }
  void tcp_fin(const TcpConnection&, Side, Moment) override {}
  void tcp_ended(const TcpConnection& connection, decoder::TcpEnd, Moment) override { streams_.erase(connection.slot); }

 private:
  struct Stream {
    std::vector<std::byte> bytes;
    bool given_up = false;
  };
  const TakeMessage& take_;
  Totals& totals_;
  std::unordered_map<std::uint32_t, std::array<Stream, 2>> streams_;
};

struct NoEvents final : decoder::EventSink {
  void event(decoder::Event&&, std::uint64_t, Bytes) override {}
};

}  // namespace

Totals& Totals::operator+=(const Totals& other) {
  udp += other.udp;
  tcp += other.tcp;
  snapped += other.snapped;
  streams_given_up += other.streams_given_up;
  return *this;
}

Totals split_messages(const std::filesystem::path& file, const TakeMessage& take) {
  Totals totals;
  Splitter splitter(take, totals);
  decoder::FrameDecoder frames{decoder::FrameLimits{}};
  decoder::TcpReassembler tcp({}, splitter, {53});
  NoEvents no_events;
  decoder::Decoder whole(decoder::DecoderLimits{.dns = {.keep_messages = true}}, no_events);
  for_each_packet(file, [&](const decoder::Packet& packet) {
    whole.packet(packet);
    const decoder::Segment* segment = frames.decode(packet);
    if (segment == nullptr) return;
    if (segment->transport == decoder::Transport::tcp) return tcp.segment(*segment);
    if (segment->missing > 0) {
      ++totals.snapped;
      return;
    }
    ++totals.udp;
    take(segment->payload, segment->packet);
  });
  tcp.finish();
  whole.finish();
  EXPECT_EQ(whole.dns_counters().malformed, 0U);
  if (totals.streams_given_up == 0) {
    EXPECT_EQ(whole.dns_counters().messages, totals.udp + totals.tcp + totals.snapped);
  }
  return totals;
}

}  // namespace zonelag::truth
