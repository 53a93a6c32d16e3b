#include <array>

#include "hostile_context.h"
#include "traffic/checksum.h"

namespace zonelag::traffic {
namespace {

constexpr std::size_t kMaxSize = 60'000;
constexpr std::array<std::uint16_t, 8> kEdges{0, 1, 0x7fff, 0x8000, 0xffff, 0x3fff, 0xc00c, 0xc000};

void store16_at(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  if (at + 1 < bytes.size()) bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void repeat_part(std::vector<std::uint8_t>& bytes, std::size_t from, Rng& rng) {
  const std::size_t size = std::min<std::size_t>(bytes.size() - from, 1 + rng.below(64));
  if (bytes.size() + size > kMaxSize) return;
  const std::vector<std::uint8_t> part(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                       bytes.begin() + static_cast<std::ptrdiff_t>(from + size));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(from), part.begin(), part.end());
}

void append_random(std::vector<std::uint8_t>& bytes, Rng& rng) {
  const std::size_t old = bytes.size();
  bytes.resize(old + 1 + rng.below(40));
  rng.fill(std::span{bytes}.subspan(old));
}

/// Half of the time one with all or no bits set, where limits are.
std::uint8_t some_byte(Rng& rng) {
  constexpr std::array<std::uint8_t, 4> kEdgeBytes{0, 0xff, 0x7f, 0x80};
  return rng.below(2) == 0 ? kEdgeBytes[rng.below(kEdgeBytes.size())] : static_cast<std::uint8_t>(rng.next());
}

}  // namespace

void mutate(std::vector<std::uint8_t>& bytes, Rng& rng) {
  for (std::uint32_t changes = rng.below(6); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = rng.below(static_cast<std::uint32_t>(bytes.size()));
    const std::size_t in_header = std::min<std::size_t>(rng.below(14), bytes.size() - 1);
    switch (rng.below(9)) {
      case 0: bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << rng.below(8))); break;
      case 1: bytes[at] = static_cast<std::uint8_t>(rng.next()); break;
      case 2: store16_at(bytes, at, static_cast<std::uint16_t>(0xc000 | (at & 0x3fff))); break;  // to itself
      case 3:
        store16_at(bytes, at, static_cast<std::uint16_t>(0xc000 | rng.below(static_cast<std::uint32_t>(bytes.size()))));
        break;
      case 4: store16_at(bytes, at, kEdges[rng.below(kEdges.size())]); break;
      case 5: store16_at(bytes, in_header, kEdges[rng.below(kEdges.size())]); break;
      case 6: bytes.resize(at); break;
      case 7: append_random(bytes, rng); break;
      default: repeat_part(bytes, at, rng); break;
    }
  }
}

void wound(WireBuffer& frame, Rng& rng) {
  constexpr std::size_t kEthernet = 14;
  constexpr std::uint32_t kHeaders = 60;
  for (std::uint32_t lies = 1 + rng.below(3); lies > 0; --lies) {
    const std::size_t at = 12 + rng.below(kHeaders);
    if (at < frame.size()) frame.set8(at, some_byte(rng));
  }
  // Half of them with a right IPv4 header checksum, so that a reader which verifies it gets further.
  if (rng.below(2) == 0 || frame.size() < kEthernet + 20 || frame.view()[kEthernet] >> 4 != 4) return;
  const std::size_t header = std::min<std::size_t>((frame.view()[kEthernet] & 0xfU) * 4U, frame.size() - kEthernet);
  if (header < 20) return;
  frame.set16(kEthernet + 10, 0);
  frame.set16(kEthernet + 10, checksum_finish(checksum_add(0, frame.view().subspan(kEthernet, header))));
}

}  // namespace zonelag::traffic
