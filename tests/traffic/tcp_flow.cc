#include "traffic/tcp_flow.h"

#include <algorithm>

namespace zonelag::traffic {
namespace {

constexpr std::uint8_t kOptionMss = 2;
constexpr std::uint8_t kOptionWindowScale = 3;
constexpr std::uint8_t kOptionSackPermitted = 4;
constexpr std::uint8_t kOptionTimestamps = 8;
constexpr std::uint8_t kOptionNop = 1;
constexpr std::uint8_t kWindowShift = 9;
constexpr std::size_t kTimestampsSize = 10;

std::uint32_t timestamp_of(Time time) {
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

/// RFC 7323, section 3.2; with the two bytes in front that align it.
std::array<std::uint8_t, 12> timestamps_option(std::uint8_t pad0, std::uint8_t pad1, std::uint32_t value,
                                               std::uint32_t echo) {
  std::array<std::uint8_t, 12> option{pad0, pad1, kOptionTimestamps, kTimestampsSize};
  WireBuffer::store32(option.data() + 4, value);
  WireBuffer::store32(option.data() + 8, echo);
  return option;
}

}  // namespace

TcpFlow::TcpFlow(const Path& path, std::uint32_t client_isn, std::uint32_t server_isn) : path_{path} {
  at(Side::kClient).seq = client_isn;
  at(Side::kServer).seq = server_isn;
}

void TcpFlow::handshake(Wire& wire, TcpCounts& counts) {
  emit_syn(wire, Side::kClient, kTcpSyn);
  at(Side::kServer).acked = at(Side::kClient).seq;
  emit_syn(wire, Side::kServer, kTcpSyn | kTcpAck);
  at(Side::kClient).acked = at(Side::kServer).seq;
  emit(wire, Side::kClient, {.seq = next_seq(Side::kClient)}, {});
  counts.handshake += 3;
}

Time TcpFlow::emit_syn(Wire& wire, Side from, std::uint8_t flags) {
  const auto mss = static_cast<std::uint8_t>(path_.from.address.v6 ? 0xa0 : 0xb4);  // 1440 or 1460
  const std::uint32_t echo = at(other(from)).timestamp;
  at(from).timestamp = timestamp_of(wire.now());
  std::array<std::uint8_t, 20> options{kOptionMss, 4, 0x05, mss};
  const auto stamps = timestamps_option(kOptionSackPermitted, 2, at(from).timestamp, echo);
  std::ranges::copy(stamps, options.begin() + 4);
  const std::array<std::uint8_t, 4> scale{kOptionNop, kOptionWindowScale, 3, kWindowShift};
  std::ranges::copy(scale, options.begin() + 16);
  const TcpHeader header{.seq = at(from).seq, .ack = at(from).acked, .flags = flags, .options = options};
  at(from).seq += 1;
  return wire.tcp(from == Side::kClient ? path_ : path_.reversed(), header, {});
}

Time TcpFlow::emit(Wire& wire, Side from, TcpHeader header, ByteView payload) {
  at(from).timestamp = timestamp_of(wire.now());
  const auto options = timestamps_option(kOptionNop, kOptionNop, at(from).timestamp, at(other(from)).timestamp);
  header.options = options;
  header.ack = at(from).acked;
  return wire.tcp(from == Side::kClient ? path_ : path_.reversed(), header, payload);
}

Time TcpFlow::send(Wire& wire, TcpCounts& counts, Side from, ByteView payload, std::size_t segment) {
  at(from).acked = next_seq(other(from));
  Time sent = wire.now();
  while (!payload.empty()) {
    const ByteView part = payload.first(std::min(segment, payload.size()));
    payload = payload.subspan(part.size());
    const std::uint8_t flags = payload.empty() ? kTcpAck | kTcpPsh : kTcpAck;
    sent = send_at(wire, counts, from, next_seq(from), flags, part);
    advance(from, static_cast<std::uint32_t>(part.size()));
  }
  return sent;
}

Time TcpFlow::send_at(Wire& wire, TcpCounts& counts, Side from, std::uint32_t seq, std::uint8_t flags,
                      ByteView payload) {
  ++counts.data;
  return emit(wire, from, {.seq = seq, .flags = flags}, payload);
}

Time TcpFlow::acknowledge(Wire& wire, TcpCounts& counts, Side from, std::uint32_t ack) {
  at(from).acked = ack;
  ++counts.ack;
  return emit(wire, from, {.seq = next_seq(from)}, {});
}

void TcpFlow::close(Wire& wire, TcpCounts& counts) {
  for (const Side side : {Side::kClient, Side::kServer}) {
    at(side).acked = next_seq(other(side));
    emit(wire, side, {.seq = next_seq(side), .flags = kTcpFin | kTcpAck}, {});
    advance(side, 1);
  }
  counts.fin += 2;
  acknowledge(wire, counts, Side::kClient);
}

}  // namespace zonelag::traffic
