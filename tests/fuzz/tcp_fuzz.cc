// Bytes as TCP segments of a few connections: the sink aborts when the contract, a counter or a limit is broken.
#include <cstdint>

#include "../decoder/checking_tcp_sink.h"

using namespace zonelag::decoder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::byte> payload(70'000, std::byte{'x'});
  Cursor in({reinterpret_cast<const std::byte*>(data), size});
  const std::uint8_t scale = in.u8();
  const TcpLimits limits{.max_connections = 3, .max_held_bytes = 3000, .max_held_bytes_of_side = 2000};
  CheckingTcpSink sink;
  TcpReassembler tcp(limits, sink, {53});
  std::int64_t milliseconds = 0;
  for (std::uint64_t packet = 1; in.left() >= 10; ++packet) {
    const std::uint8_t which = in.u8();
    Endpoint ends[2] = {{{}, static_cast<std::uint16_t>((which >> 1) % 5)}, {{}, 53}};
    Segment segment{.packet = packet, .source = ends[which & 1], .destination = ends[~which & 1], .flags = in.u8()};
    segment.sequence = static_cast<std::uint32_t>(static_cast<std::int16_t>(in.u16())) << scale % 17;
    segment.acknowledgement = static_cast<std::uint32_t>(static_cast<std::int16_t>(in.u16())) << scale % 17;
    segment.payload = Bytes(payload).first(which < 250 ? in.u8() : in.u8() * std::size_t{256});
    segment.missing = in.u8();
    segment.time = Timestamp(std::chrono::milliseconds(milliseconds += static_cast<std::int16_t>(in.u16()) * 10));
    tcp.segment(segment);
    sink.check(tcp, limits);
  }
  tcp.finish();
  return 0;
}
