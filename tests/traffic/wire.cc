#include "traffic/wire.h"

namespace zonelag::traffic {
namespace {
// Preamble, frame check sequence and gap between frames.
constexpr std::size_t kFrameOverhead = 24;
}  // namespace

Wire::Wire(PacketSink& sink, const WireOptions& options)
    : sink_{sink},
      now_{options.start},
      link_{options.link},
      megabits_per_second_{options.megabits_per_second},
      tick_{options.tick} {}

Time Wire::udp(const Path& path, ByteView payload) {
  build_udp_frame(frame_, path, link_, ++ip_id_, payload);
  return raw(frame_.view(), frame_.size());
}

Time Wire::tcp(const Path& path, const TcpHeader& header, ByteView payload) {
  build_tcp_frame(frame_, path, link_, ++ip_id_, header, payload);
  return raw(frame_.view(), frame_.size());
}

Time Wire::raw(ByteView captured, std::size_t wire_size) {
  // A frame's capture time is its end, so that a later time never belongs to an earlier byte.
  now_ += Duration{(wire_size + kFrameOverhead) * 8000 / megabits_per_second_};
  sink_.packet(now_, captured, wire_size);
  return now_ - now_.time_since_epoch() % tick_;
}

}  // namespace zonelag::traffic
