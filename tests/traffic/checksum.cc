#include "traffic/checksum.h"

#include <bit>
#include <cstring>

namespace zonelag::traffic {

std::uint64_t checksum_add(std::uint64_t sum, ByteView bytes) {
  // Summed in the machine's byte order eight bytes at a time; a one's-complement sum is only byte-swapped by that.
  std::uint64_t native = 0;
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    native += (word & 0xffffffffU) + (word >> 32);
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    native += (word & 0xffffffffU) + (word >> 32);
  }
  while ((native >> 16) != 0) native = (native & 0xffffU) + (native >> 16);
  if constexpr (std::endian::native == std::endian::little) native = (native >> 8) | ((native & 0xffU) << 8);
  return sum + native;
}

}  // namespace zonelag::traffic
