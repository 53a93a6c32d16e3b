// The Internet checksum (RFC 1071), in parts: sums may be added up before they are finished.
#pragma once

#include <cstdint>

#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

/// Adds the 16-bit words of `bytes`; the first byte counts as the upper half of a word.
std::uint64_t checksum_add(std::uint64_t sum, ByteView bytes);

/// What four bytes holding `value` add to a sum when they begin at an odd (or even) offset.
constexpr std::uint64_t checksum_of_u32(std::uint32_t value, bool at_odd_offset) {
  if (!at_odd_offset) return (value >> 16) + (value & 0xffffU);
  return (value >> 24) + ((value >> 8) & 0xffffU) + ((value & 0xffU) << 8);
}

/// The value of a checksum field. A UDP checksum of 0 means "none": see udp_checksum_finish.
constexpr std::uint16_t checksum_finish(std::uint64_t sum) {
  while ((sum >> 16) != 0) sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

constexpr std::uint16_t udp_checksum_finish(std::uint64_t sum) {
  const std::uint16_t value = checksum_finish(sum);
  return value == 0 ? std::uint16_t{0xffff} : value;
}

}  // namespace zonelag::traffic
