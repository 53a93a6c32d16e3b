// Hostile link layers, IP headers and fragments, and TCP segments that belong to nothing.
#include <array>

#include "hostile_context.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint32_t kFragmentIds = 8;

void put_random(WireBuffer& out, std::size_t size, Rng& rng) { rng.fill(out.grow(size)); }

void random_frame(HostileContext& context, WireBuffer& frame) {
  constexpr std::array<std::uint16_t, 10> kTypes{0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100,
                                                 0x8847, 0x8864, 0x0806, 0x0000, 0x05dc};
  put_random(frame, 12, context.rng);
  for (std::uint32_t tags = context.rng.below(12); tags > 8; --tags) {
    frame.put16(0x8100);
    frame.put16(context.rng.next16());
  }
  frame.put16(kTypes[context.rng.below(kTypes.size())]);
  put_random(frame, context.rng.below(120), context.rng);
}

/// IPv6 with a chain of extension headers, whose lengths are random.
void extension_headers(HostileContext& context, WireBuffer& frame) {
  constexpr std::array<std::uint8_t, 8> kNext{0, 43, 44, 51, 60, 135, 17, 6};
  Path path{{client_address(0, true), 50000}, {server_address(true), kDnsPort}};
  put_ethernet(frame, path, context.wire.link());
  const std::uint32_t headers = context.rng.below(30);
  put_ip(frame, path, kNext[context.rng.below(kNext.size())], 8 * headers + 40);
  for (std::uint32_t i = 0; i < headers; ++i) {
    frame.put8(kNext[context.rng.below(kNext.size())]);
    frame.put8(context.rng.below(4) == 0 ? static_cast<std::uint8_t>(context.rng.next()) : std::uint8_t{0});
    put_random(frame, 6, context.rng);
  }
  put_udp(frame, path, context.some_message(Framing::kDatagram));
}

void wounded_frame(HostileContext& context, WireBuffer& frame) {
  const auto message = context.some_message(Framing::kDatagram);
  const Path path = context.some_path();
  build_udp_frame(frame, path, context.wire.link(), context.rng.next16(), message);
  wound(frame, context.rng);
}

void put_fragment(HostileContext& context, WireBuffer& frame, const Path& path, IpFragment fragment, ByteView part) {
  frame.clear();
  put_ethernet(frame, path, context.wire.link());
  if (!path.from.address.v6) {
    put_ip(frame, path, kProtocolUdp, part.size(), fragment);
  } else {
    constexpr std::uint8_t kFragmentHeader = 44;
    put_ip(frame, path, kFragmentHeader, part.size() + 8);
    frame.put16(std::uint16_t{kProtocolUdp} << 8);
    frame.put16(static_cast<std::uint16_t>(fragment.word << 3 | fragment.word >> 13));
    frame.put32(fragment.id);
  }
  frame.put_bytes(part);
}

struct Piece {
  std::size_t offset;
  std::size_t size;
  bool more;
};

/// Cuts `size` bytes into pieces and then spoils some: overlapping, missing, twice, beyond 64 KiB, of no length.
std::vector<Piece> some_pieces(std::size_t size, Rng& rng) {
  std::vector<Piece> pieces;
  for (std::size_t offset = 0; offset < size;) {
    const std::size_t length = std::min<std::size_t>(size - offset, 8 * (1 + rng.below(180)));
    pieces.push_back({offset, length, offset + length < size});
    offset += length;
  }
  if (rng.below(4) == 0) return pieces;
  for (Piece& piece : pieces) {
    switch (rng.below(10)) {
      case 0: piece.offset -= std::min<std::size_t>(piece.offset, 8 * rng.below(20)); break;
      case 1: piece.offset += 8 * rng.below(20); break;
      case 2: piece.offset = 65528; break;
      case 3: piece.more = !piece.more; break;
      case 4: piece.size = rng.below(static_cast<std::uint32_t>(piece.size + 1)); break;
      default: break;
    }
  }
  if (rng.below(4) == 0) pieces.erase(pieces.begin() + rng.below(static_cast<std::uint32_t>(pieces.size())));
  if (!pieces.empty() && rng.below(4) == 0) pieces.push_back(pieces.front());
  return pieces;
}

}  // namespace

void emit_hostile_link(HostileContext& context) {
  WireBuffer frame;
  switch (context.rng.below(3)) {
    case 0: random_frame(context, frame); break;
    case 1: extension_headers(context, frame); break;
    default: wounded_frame(context, frame); break;
  }
  context.emit(frame);
}

void emit_hostile_fragments(HostileContext& context) {
  Rng& rng = context.rng;
  const Path path = context.some_path();
  auto message = context.some_message(Framing::kDatagram);
  message.resize(message.size() + rng.below(4000));
  WireBuffer datagram;
  put_udp(datagram, path, message);
  std::vector<Piece> pieces = some_pieces(datagram.size(), rng);
  if (context.coin()) std::ranges::reverse(pieces);
  const auto id = static_cast<std::uint16_t>(rng.below(kFragmentIds));
  WireBuffer frame;
  for (const Piece& piece : pieces) {
    const std::size_t begin = std::min(piece.offset, datagram.size() - piece.size);
    const auto word = static_cast<std::uint16_t>(piece.offset / 8 | (piece.more ? kMoreFragments : 0));
    put_fragment(context, frame, path, {id, word}, datagram.view().subspan(begin, piece.size));
    if (rng.below(20) == 0) wound(frame, rng);
    context.emit(frame);
  }
}

void emit_hostile_tcp(HostileContext& context) {
  Rng& rng = context.rng;
  auto payload = rng.below(3) == 0 ? std::vector<std::uint8_t>{} : context.some_message(Framing::kStream);
  mutate(payload, rng);
  std::array<std::uint8_t, 40> options;
  rng.fill(options);
  // Near to each other, so that segments overlap, and around the point where sequence numbers wrap.
  const std::uint32_t seq = rng.below(8) == 0 ? rng.next32() : rng.below(4000) - 2000;
  const TcpHeader header{.seq = seq,
                         .ack = rng.next32(),
                         .flags = static_cast<std::uint8_t>(rng.next()),
                         .window = rng.next16(),
                         .options = std::span{options}.first(std::size_t{4} * rng.below(11))};
  WireBuffer frame;
  const Path path = context.some_path();
  build_tcp_frame(frame, path, context.wire.link(), rng.next16(), header, payload);
  if (rng.below(4) == 0) wound(frame, rng);
  context.emit(frame);
}

void emit_hostile_dns(HostileContext& context) {
  auto message = context.some_message(Framing::kDatagram);
  mutate(message, context.rng);
  context.wire.udp(context.some_path(), message);
}

}  // namespace zonelag::traffic
