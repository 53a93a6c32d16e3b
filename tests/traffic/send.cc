#include "traffic/send.h"

namespace zonelag::traffic {

Summary write_frames(const PcapFrames& frames, const SendOptions& options, PacketSink& sink, Progress& progress) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::uint64_t packets = options.packets == 0 ? frames.size() : options.packets;
  progress.begin("packets", packets);
  std::size_t next = 0;
  for (std::uint64_t number = 0; number < packets && !sink.failed(); ++number) {
    const std::uint64_t rate = options.packets_per_second;
    const Duration since_start{rate == 0 ? 0 : number / rate * kSecond + number % rate * kSecond / rate};
    sink.packet(kDefaultStart + since_start, frames[next]);
    if (++next == frames.size()) next = 0;
    progress.at(number);
  }
  return {.scenario = "send", .packets = sink.packets(), .bytes = sink.bytes()};
}

}  // namespace zonelag::traffic
