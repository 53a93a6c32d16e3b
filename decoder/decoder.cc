#include "decoder/decoder.h"

#include "dns_decoder.h"

namespace zonelag::decoder {
namespace {

constexpr std::uint64_t kPacketsBetweenTimeouts = 256;  // time-outs are looked at once in so many packets

}  // namespace

class Decoder::Impl {
 public:
  Impl(const DecoderLimits& limits, EventSink& sink)
      : frames(limits.frame), dns(limits.dns, sink), tcp(limits.tcp, dns, limits.frame.ports) {}

  FrameDecoder frames;
  DnsDecoder dns;
  TcpReassembler tcp;
  std::uint64_t packets = 0;
};

Decoder::Decoder(const DecoderLimits& limits, EventSink& sink) : impl_(std::make_unique<Impl>(limits, sink)) {}

Decoder::~Decoder() = default;

void Decoder::packet(const Packet& packet) {
  if (++impl_->packets % kPacketsBetweenTimeouts == 0) advance(packet.time);
  const Segment* segment = impl_->frames.decode(packet);
  if (segment == nullptr) return;
  if (segment->transport == Transport::udp) {
    impl_->dns.datagram(*segment);
  } else {
    impl_->tcp.segment(*segment);
  }
}

void Decoder::advance(Timestamp now) {
  impl_->tcp.advance(now);
  impl_->dns.advance(now);
}

void Decoder::watch(const Signals& signals) { impl_->dns.watch(signals); }

void Decoder::finish() { impl_->tcp.finish(); }

const FrameCounters& Decoder::frame_counters() const { return impl_->frames.counters(); }
const TcpCounters& Decoder::tcp_counters() const { return impl_->tcp.counters(); }
const DnsCounters& Decoder::dns_counters() const { return impl_->dns.counters(); }

DecoderSizes Decoder::sizes() const {
  DecoderSizes sizes = impl_->dns.sizes();
  sizes.tcp_connections = impl_->tcp.open_connections();
  sizes.tcp_held_bytes = impl_->tcp.held_bytes();
  return sizes;
}

}  // namespace zonelag::decoder
