// One TCP connection's state, small enough for a million of them: who sent how much, and what was acknowledged.
#pragma once

#include <array>
#include <cstdint>

#include "traffic/wire.h"

namespace zonelag::traffic {

enum class Side : std::uint8_t { kClient, kServer };

constexpr Side other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

/// Packets by purpose, for a scenario's summary.
struct TcpCounts {
  std::uint64_t handshake = 0;
  std::uint64_t data = 0;
  std::uint64_t ack = 0;
  std::uint64_t fin = 0;
};

class TcpFlow {
 public:
  /// `path` runs from client to server. The initial sequence numbers count the SYN, so data begins one later.
  TcpFlow(const Path& path, std::uint32_t client_isn, std::uint32_t server_isn);

  void handshake(Wire& wire, TcpCounts& counts);
  /// Sends `payload` as one segment, or as several of at most `segment` bytes, the last one with PSH.
  Time send(Wire& wire, TcpCounts& counts, Side from, ByteView payload, std::size_t segment = kUsualSegment);
  /// A segment with a sequence number of its own; the flow's state stays.
  Time send_at(Wire& wire, TcpCounts& counts, Side from, std::uint32_t seq, std::uint8_t flags, ByteView payload);
  /// Counts bytes as sent that send_at() has sent, or that were never captured.
  void advance(Side from, std::uint32_t size) { at(from).seq += size; }
  /// A bare ACK of all that the other side has sent.
  Time acknowledge(Wire& wire, TcpCounts& counts, Side from) {
    return acknowledge(wire, counts, from, at(other(from)).seq);
  }
  /// A bare ACK up to a sequence number; also what the side's later segments carry.
  Time acknowledge(Wire& wire, TcpCounts& counts, Side from, std::uint32_t ack);
  /// FIN of both sides, the client's first.
  void close(Wire& wire, TcpCounts& counts);

  /// Sequence number of the next byte.
  std::uint32_t next_seq(Side side) const { return ends_[static_cast<std::size_t>(side)].seq; }

  /// What Ethernet leaves after the time stamp option.
  static constexpr std::size_t kUsualSegment = 1448;

 private:
  struct End {
    std::uint32_t seq = 0;
    std::uint32_t acked = 0;      ///< what this side has acknowledged of the other
    std::uint32_t timestamp = 0;  ///< of this side's last segment
  };
  End& at(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  Time emit(Wire& wire, Side from, TcpHeader header, ByteView payload);
  Time emit_syn(Wire& wire, Side from, std::uint8_t flags);

  Path path_;
  std::array<End, 2> ends_;
};

}  // namespace zonelag::traffic
