#include "traffic/rng.h"

#include <algorithm>
#include <cstring>

#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

void Rng::fill(std::span<std::uint8_t> out) {
  std::uint8_t word[8];
  while (!out.empty()) {
    const std::uint64_t value = next();
    WireBuffer::store32(word, static_cast<std::uint32_t>(value >> 32));
    WireBuffer::store32(word + 4, static_cast<std::uint32_t>(value));
    const std::size_t part = std::min<std::size_t>(out.size(), sizeof word);
    std::memcpy(out.data(), word, part);
    out = out.subspan(part);
  }
}

}  // namespace zonelag::traffic
