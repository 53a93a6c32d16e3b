// Hostile DNS messages on a TCP connection that is in order itself, more or less.
#include "hostile_context.h"
#include "traffic/tcp_sender.h"

namespace zonelag::traffic {
namespace {

std::vector<std::uint8_t> some_stream_message(HostileContext& context) {
  auto message = context.some_message(Framing::kStream);
  if (context.coin()) mutate(message, context.rng);
  // Half of the time with a right length in front again, so that the stream stays in step.
  if (message.size() >= 2 && context.coin()) {
    WireBuffer::store16(message.data(), static_cast<std::uint16_t>(message.size() - 2));
  }
  return message;
}

SenderOptions some_sender_options(Rng& rng) {
  SenderOptions options{.segment = 1 + rng.below(TcpFlow::kUsualSegment)};
  if (rng.below(4) == 0) return options;
  const auto percent = [&] { return static_cast<double>(rng.below(30)); };
  options.disturbance = {.reorder = percent(), .duplicate = percent(), .overlap = percent(), .drop = percent() / 10};
  return options;
}

}  // namespace

void emit_hostile_stream(HostileContext& context) {
  Rng& rng = context.rng;
  const bool v6 = rng.below(4) == 0;
  const Path path{{client_address(rng.below(4), v6), static_cast<std::uint16_t>(51000 + rng.below(1000))},
                  {server_address(v6), kDnsPort}};
  TcpCounts counts;
  TcpFlow flow{path, rng.next32(), rng.below(8) == 0 ? 0U - rng.below(2000) : rng.next32()};
  if (rng.below(5) != 0) flow.handshake(context.wire, counts);
  TcpSender sender{flow, context.wire, counts, some_sender_options(rng), Rng{rng.next()}};
  for (std::uint32_t i = 1 + rng.below(4); i > 0; --i) {
    flow.send(context.wire, counts, Side::kClient, some_stream_message(context));
  }
  for (std::uint32_t i = rng.below(12); i > 0; --i) {
    sender.write(some_stream_message(context));
    if (context.coin()) sender.flush();
  }
  switch (rng.below(4)) {
    case 0: flow.close(context.wire, counts); break;
    case 1: flow.send_at(context.wire, counts, Side::kServer, flow.next_seq(Side::kServer), kTcpRst, {}); break;
    default: break;
  }
}

}  // namespace zonelag::traffic
