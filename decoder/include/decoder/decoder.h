// Packets in, events out: frames, TCP, DNS and the trackers behind it, for what one sensor captures. One thread; all
// time is event time; all state is bounded (FrameLimits, TcpLimits, DnsLimits).
#pragma once

#include <memory>

#include "decoder/dns_sink.h"
#include "decoder/frame.h"
#include "decoder/packet.h"
#include "decoder/signals.h"
#include "decoder/tcp.h"

namespace zonelag::decoder {

struct DecoderLimits {
  FrameLimits frame;
  TcpLimits tcp;
  DnsLimits dns;
};

// How much is kept at the moment.
struct DecoderSizes {
  std::uint32_t tcp_connections = 0;
  std::size_t tcp_held_bytes = 0;  // out of order
  std::size_t dns_held_bytes = 0;  // of incomplete messages over TCP
  std::uint32_t transfers = 0;     // open over TCP; over UDP also those told not long ago
  std::uint32_t notify_pairs = 0;
  std::uint32_t served = 0;
  std::uint32_t stamps = 0;
};

class Decoder {
 public:
  // The sink must outlive the decoder. It gets events in order of capture time per connection.
  Decoder(const DecoderLimits& limits, EventSink& sink);
  ~Decoder();
  Decoder(Decoder&&) = delete;

  // From the next packet on; may be called at any time. Before the first call: all signals, all servers, no stamps.
  // What is not looked for costs next to nothing, and has no part in the counters of its signal: with `transfer` off,
  // transfers are followed for their first message only, and only while `notify` needs it.
  void watch(const Signals& signals);

  void packet(const Packet& packet);
  // Moves event time without a packet, so that time-outs run while none comes.
  void advance(Timestamp now);
  // End of the capture. Transfers that are still open give no event: nothing is known of their end.
  void finish();

  const FrameCounters& frame_counters() const;
  const TcpCounters& tcp_counters() const;
  const DnsCounters& dns_counters() const;
  DecoderSizes sizes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::decoder
