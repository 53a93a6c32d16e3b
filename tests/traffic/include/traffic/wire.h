// A network path with a clock: frames leave one after the other, and time goes on by what each takes to send.
#pragma once

#include <cstdint>

#include "traffic/frame.h"
#include "traffic/packet_sink.h"
#include "traffic/time.h"

namespace zonelag::traffic {

struct WireOptions {
  Time start = kDefaultStart;
  Link link;
  std::uint64_t megabits_per_second = 1000;
  Duration tick{1};  ///< returned times are rounded down to it, as the file's time stamps are
};

class Wire {
 public:
  /// `sink` must outlive this.
  Wire(PacketSink& sink, const WireOptions& options);

  /// Each returns the packet's capture time as the file shows it.
  Time udp(const Path& path, ByteView payload);
  Time tcp(const Path& path, const TcpHeader& header, ByteView payload);
  /// A frame made elsewhere, of which `captured` was captured.
  Time raw(ByteView captured, std::size_t wire_size);

  /// May be negative: clocks are set.
  void pause(Duration duration) { now_ += duration; }
  Time now() const { return now_; }
  const Link& link() const { return link_; }
  bool failed() const { return sink_.failed(); }

 private:
  PacketSink& sink_;
  Time now_;
  Link link_;
  std::uint64_t megabits_per_second_;
  Duration tick_;
  std::uint16_t ip_id_ = 0;
  WireBuffer frame_;
};

}  // namespace zonelag::traffic
