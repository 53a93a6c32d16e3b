// Any packets: no crash, no hang, and each ends in exactly one way. The input is a run of them: link type (index),
// seconds since the one before (signed), length on the wire, bytes.
#include <cstdlib>
#include <vector>

#include "frame_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zonelag::decoder;
  constexpr std::uint16_t kLinks[] = {1, 0, 2, 12, 14, 51, 101, 108, 113, 228, 229, 276};
  FrameDecoder decoder(small_limits(size % 2 == 0));
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
    check(decoder.counters());
    if (segment != nullptr && segment->source.port != 53 && segment->destination.port != 53) std::abort();
  }
  return 0;
}
