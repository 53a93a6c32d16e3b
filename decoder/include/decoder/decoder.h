// Packets in, events out: frames, TCP, DNS and the trackers behind it, for what one sensor captures. One thread; all
// time is event time; all state is bounded (FrameLimits, TcpLimits, DnsLimits).
#pragma once

#include <memory>

#include "decoder/dns_sink.h"
#include "decoder/frame.h"
#include "decoder/packet.h"
#include "decoder/tcp.h"

namespace zonelag::decoder {

struct DecoderLimits {
  FrameLimits frame;
  TcpLimits tcp;
  DnsLimits dns;
};

class Decoder {
 public:
  // The sink must outlive the decoder. It gets events in order of capture time per connection.
  Decoder(const DecoderLimits& limits, EventSink& sink);
  ~Decoder();
  Decoder(Decoder&&) = delete;

  void packet(const Packet& packet);
  // Moves event time without a packet, so that time-outs run while none comes.
  void advance(Timestamp now);
  // End of the capture. Transfers that are still open give no event: nothing is known of their end.
  void finish();

  const FrameCounters& frame_counters() const;
  const TcpCounters& tcp_counters() const;
  const DnsCounters& dns_counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::decoder
