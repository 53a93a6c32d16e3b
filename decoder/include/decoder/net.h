// Addresses, endpoints and flows.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/cursor.h"

namespace zonelag::decoder {

// 64-bit finaliser (Stafford's mix 13 of splitmix64): spreads keys over a table. Not against an attacker who picks
// addresses: tables are bounded and compare whole keys.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// An IPv4 or IPv6 address; IPv4 is kept v4-mapped (RFC 4291 section 2.5.5.2). Default: none (`::`).
class IpAddress {
 public:
  constexpr IpAddress() = default;
  // From exactly 4 bytes, network order.
  static IpAddress v4(Bytes four) {
    // Written in the halves that hash() reads: a read across two writes has to wait for both.
    std::uint32_t last = 0;
    std::memcpy(&last, four.data(), 4);
    const std::uint64_t half = kMapped | std::uint64_t{last} << (std::endian::native == std::endian::little ? 32 : 0);
    IpAddress address;
    std::memcpy(address.bytes_.data() + 8, &half, 8);
    return address;
  }
  // From exactly 16 bytes.
  static IpAddress v6(Bytes sixteen) {
    IpAddress address;
    std::memcpy(address.bytes_.data(), sixteen.data(), 16);
    return address;
  }
  // Text of inet_ntop; nullopt when it is neither an IPv4 nor an IPv6 address.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  bool is_none() const { return *this == IpAddress{}; }
  // 16 bytes, v4-mapped for IPv4.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  // RFC 5952 for IPv6, dotted quad for IPv4.
  std::string to_string() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

  std::uint64_t hash() const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, bytes_.data(), 8);
    std::memcpy(&low, bytes_.data() + 8, 8);
    return mix(high ^ mix(low));
  }

 private:
  // The second half of the prefix of v4-mapped addresses; the first is zero.
  static constexpr auto kMapped = std::bit_cast<std::uint64_t>(std::array<std::uint8_t, 8>{0, 0, 0xff, 0xff});

  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

enum class Transport : std::uint8_t { udp, tcp };
const char* to_string(Transport transport);

}  // namespace zonelag::decoder

template <>
struct std::hash<zonelag::decoder::IpAddress> {
  std::size_t operator()(const zonelag::decoder::IpAddress& address) const noexcept { return address.hash(); }
};
template <>
struct std::hash<zonelag::decoder::Endpoint> {
  std::size_t operator()(const zonelag::decoder::Endpoint& endpoint) const noexcept {
    return zonelag::decoder::mix(endpoint.address.hash() + endpoint.port);
  }
};
