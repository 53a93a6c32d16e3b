// Bytes as UDP datagrams between a few hosts. Each: hosts and direction, time since the one before, whether it was
// snapped, length, bytes.
#include "dns_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zonelag::decoder;
  constexpr std::uint8_t kHost[4] = {192, 0, 2, 1};
  const IpAddress hosts[] = {IpAddress::v4(std::as_bytes(std::span{kHost})), {}};
  CheckingEventSink sink;
  DnsDecoder decoder(small_limits(), sink);
  Cursor in{std::as_bytes(std::span{data, size})};
  Segment segment;
  while (in.left() > 5) {
    const std::uint8_t which = in.u8();
    decoder.watch(signals_of((which & 8) != 0 ? which >> 4 : 0));
    segment.source = {hosts[which & 1], static_cast<std::uint16_t>((which & 2) != 0 ? 53 : 1000 + (which >> 4))};
    segment.destination = {hosts[~which & 1], static_cast<std::uint16_t>((which & 2) != 0 ? 1000 + (which >> 4) : 53)};
    segment.time += std::chrono::milliseconds(100) * static_cast<std::int8_t>(in.u8());
    segment.missing = in.u8();
    segment.packet++;
    const std::uint16_t length = in.u16();
    const Bytes taken = in.take(length < in.left() ? length : in.left());
    const std::vector<std::byte> bytes(taken.begin(), taken.end());  // of its own, so that a read past the end is seen
    segment.payload = bytes;
    decoder.datagram(segment);
    if ((which & 4) != 0) decoder.advance(segment.time);
    check(decoder.counters());
  }
  return 0;
}
