// Any packets: no crash, no hang, and each ends in exactly one way. The input is a run of them: link type (index),
// seconds since the one before (signed), length on the wire, bytes.
#include <cstdlib>
#include <vector>

#include "decoder/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zonelag::decoder;
  constexpr std::uint16_t kLinks[] = {1, 0, 2, 12, 14, 51, 101, 108, 113, 228, 229, 276};
  FrameDecoder decoder{
      {.max_datagrams_in_reassembly = 4, .max_fragment_bytes = 8192, .max_fragments_per_datagram = 16}};
  Cursor input{std::as_bytes(std::span{data, size})};
  Packet packet;
  while (input.left() > 3) {
    packet.link = static_cast<LinkType>(kLinks[input.u8() % std::size(kLinks)]);
    packet.time += std::chrono::seconds(static_cast<std::int8_t>(input.u8()));
    packet.wire_length = input.u16();
    const Bytes taken = input.take(packet.wire_length < input.left() ? packet.wire_length : input.left());
    const std::vector<std::byte> bytes(taken.begin(), taken.end());  // of its own, so that a read past the end is seen
    packet.data = bytes;
    const Segment* segment = decoder.decode(packet);
    const FrameCounters& c = decoder.counters();
    const auto ends = c.segments + c.unknown_link + c.not_ip + c.truncated + c.malformed + c.too_deep + c.not_udp_tcp +
                      c.other_port + c.tls_port + c.fragments_kept + c.fragments_overlapping + c.fragments_duplicate +
                      c.duplicates;
    if (ends != c.packets) std::abort();
    if (segment != nullptr && segment->source.port != 53 && segment->destination.port != 53) std::abort();
  }
  return 0;
}
