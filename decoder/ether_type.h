// EtherType numbers (IEEE, and those used by GRE).
#pragma once

#include <cstdint>

namespace zonelag::decoder {

inline constexpr std::uint16_t kMaxLength = 1500;  // IEEE 802.3: a length, not a type
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherErspan3 = 0x22eb;  // in GRE only
inline constexpr std::uint16_t kEtherBridged = 0x6558;  // transparent Ethernet bridging, RFC 1701
inline constexpr std::uint16_t kEtherVlan = 0x8100;     // IEEE 802.1Q
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherMpls = 0x8847;  // RFC 5332: the label's assignment differs, the format does not
inline constexpr std::uint16_t kEtherMplsUpstream = 0x8848;
inline constexpr std::uint16_t kEtherPppoeSession = 0x8864;  // RFC 2516
inline constexpr std::uint16_t kEtherProviderVlan = 0x88a8;  // IEEE 802.1ad
inline constexpr std::uint16_t kEtherErspan = 0x88be;        // types I and II, in GRE only
inline constexpr std::uint16_t kEtherOldQinQ = 0x9100;       // before 802.1ad
inline constexpr std::uint16_t kEtherOldQinQ2 = 0x9200;

constexpr bool is_vlan(std::uint16_t type) {
  return type == kEtherVlan || type == kEtherProviderVlan || type == kEtherOldQinQ || type == kEtherOldQinQ2;
}

}  // namespace zonelag::decoder
