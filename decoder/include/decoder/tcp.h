// TCP segments to in-order bytes, one connection at a time: bounded, streaming, no copy of what arrives in order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "decoder/frame.h"
#include "decoder/net.h"
#include "decoder/time.h"

namespace zonelag::decoder {

enum class Side : std::uint8_t { client, server };  // the server is the side of the DNS port
constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

enum class TcpEnd : std::uint8_t {
  closed,           // FIN seen from both sides, all data delivered
  reset,            // RST after the connection was established
  refused,          // RST in answer to a SYN
  connect_timeout,  // SYN never answered
  idle,             // nothing for the idle time-out
  evicted,          // pushed out by a limit
  replaced,         // a new SYN with the same endpoints
  capture_end,      // finish() was called
};
const char* to_string(TcpEnd end);

// Where in the capture something was: the packet that completed it.
struct Moment {
  Timestamp time;
  std::uint64_t packet = 0;
};

struct TcpConnection {
  Endpoint client;
  Endpoint server;
  std::uint32_t slot = 0;  // dense index, reused after connection_end; below TcpLimits::max_connections
  Timestamp first_packet;
};

// What a TcpReassembler tells. Calls for one connection come in event time order: started, then any of data, hole,
// fin, then ended exactly once. Connections, and the bytes, are valid during the call only. A sink must not call the
// reassembler back.
class TcpSink {
 public:
  virtual ~TcpSink() = default;
  virtual void tcp_started(const TcpConnection&) = 0;
  // The next bytes from one side, in order, without a gap to the call before (unless tcp_hole was called between).
  virtual void tcp_data(const TcpConnection&, Side from, Moment, Bytes) = 0;
  // `length` bytes of the stream were lost by the capture (or snapped) and will not come; what follows is in order
  // again. 0: unknown length: what follows is the first data seen of a connection whose start was not captured.
  // Of a hole that a time-out made final, the moment is that time, and the last packet of the connection.
  virtual void tcp_hole(const TcpConnection&, Side from, Moment, std::uint64_t length) = 0;
  // FIN from this side, after all its data.
  virtual void tcp_fin(const TcpConnection&, Side from, Moment) = 0;
  virtual void tcp_ended(const TcpConnection&, TcpEnd, Moment) = 0;
};

struct TcpLimits {
  // Least recently active evicted first; connections whose handshake is not complete get at most half the table.
  std::uint32_t max_connections = 262'144;
  // Out-of-order data of all connections, what keeping it costs included: beyond, the oldest hole is given up.
  std::size_t max_held_bytes = 32U << 20;
  std::size_t max_held_bytes_of_side = 4U << 20;  // of one side of one connection: beyond, its first hole is
  Duration idle_timeout = std::chrono::minutes(5);
  Duration connect_timeout = std::chrono::seconds(130);  // Linux gives up a connect after 127 s
  // A hole that the peer has acknowledged past for so long is final. If no packet of the peer is captured: one that the
  // sender has gone beyond for so long. Sooner, when a quarter of max_held_bytes_of_side behind it is acknowledged too.
  Duration hole_timeout = std::chrono::seconds(2);
};

struct TcpCounters {
  std::uint64_t segments = 0;
  std::uint64_t connections = 0;
  std::uint64_t connections_half_seen = 0;  // start not captured
  std::uint64_t connections_evicted = 0;
  std::uint64_t bytes = 0;            // delivered
  std::uint64_t out_of_order = 0;     // segments held until what is before them came
  std::uint64_t duplicate_bytes = 0;  // retransmitted or overlapping, dropped
  std::uint64_t holes = 0;            // of known length
  std::uint64_t hole_bytes = 0;
  std::uint64_t held_evicted = 0;   // holes given up because a held-bytes limit was reached
  std::uint64_t out_of_window = 0;  // segments with a sequence number that can't belong here
  // RST or FIN of an unknown connection, stragglers of one that has just ended, keep-alives.
  std::uint64_t ignored = 0;
};

class TcpReassembler {
 public:
  TcpReassembler(TcpLimits limits, TcpSink& sink, std::vector<std::uint16_t> server_ports);
  ~TcpReassembler();
  TcpReassembler(TcpReassembler&&) = delete;

  // A TCP segment; time may go slightly backwards from one to the next.
  void segment(const Segment& segment);
  // Moves event time without a segment, so that time-outs run while only UDP is seen.
  void advance(Timestamp now);
  // End of the capture: delivers what is held behind holes, then ends every connection with `capture_end`.
  void finish();

  const TcpCounters& counters() const;
  std::uint32_t open_connections() const;
  // Of all connections, what keeping them costs included; never more than TcpLimits::max_held_bytes between calls.
  std::size_t held_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::decoder
