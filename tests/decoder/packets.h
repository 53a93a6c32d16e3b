// Packets made by hand, from the inside out: each function puts one header in front of what it is given.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "decoder/packet.h"

namespace zonelag::decoder::test {

using Raw = std::vector<std::byte>;

// "4500 0050": blanks are skipped.
Raw hex(std::string_view digits);
Raw join(std::initializer_list<Raw> parts);
Raw u16(unsigned value);
Raw u32(std::uint64_t value);
Raw zeros(std::size_t count);
// Bytes 0, 1, 2, ... 250, 0, ...: no two multiples of 8 alike for long.
Raw pattern(std::size_t count);
Raw first(const Raw& bytes, std::size_t count);

inline constexpr const char* kClient4 = "192.0.2.1";
inline constexpr const char* kServer4 = "198.51.100.53";
inline constexpr const char* kClient6 = "2001:db8::1";
inline constexpr const char* kServer6 = "2001:db8:53::53";
inline constexpr std::uint16_t kClientPort = 49152;

struct UdpFields {
  std::uint16_t source = kClientPort;
  std::uint16_t destination = 53;
  std::optional<std::uint16_t> length;  // none: right
};
Raw udp(const Raw& payload, const UdpFields& fields = {});

struct TcpFields {
  std::uint16_t source = kClientPort;
  std::uint16_t destination = 53;
  std::uint32_t sequence = 0x01020304;
  std::uint32_t acknowledgement = 0xf1f2f3f4;
  std::uint8_t flags = 0x18;
  Raw options;                               // a multiple of 4
  std::optional<std::uint8_t> header_words;  // none: right
};
Raw tcp(const Raw& payload, const TcpFields& fields = {});

struct Ipv4Fields {
  std::uint8_t protocol = 17;
  const char* source = kClient4;
  const char* destination = kServer4;
  std::uint16_t id = 0x1234;
  std::uint16_t fragment = 0;          // flags and offset
  Raw options;                         // a multiple of 4
  std::optional<std::uint16_t> total;  // none: right
  std::optional<std::uint8_t> first;   // version and header length; none: right
};
Raw ipv4(const Raw& payload, const Ipv4Fields& fields = {});

struct Ipv6Fields {
  std::uint8_t next = 17;
  const char* source = kClient6;
  const char* destination = kServer6;
  std::optional<std::uint16_t> length;  // none: right
};
Raw ipv6(const Raw& payload, const Ipv6Fields& fields = {});
// An extension header of 8 * (1 + extra) bytes; Authentication: 51.
Raw extension(std::uint8_t next, std::uint8_t extra, const Raw& payload);
Raw authentication(std::uint8_t next, std::uint8_t length_field, const Raw& payload);
Raw fragment_header(std::uint8_t next, std::uint16_t offset_and_flag, std::uint32_t id, const Raw& payload);

Raw ethernet(std::uint16_t type, const Raw& payload);
Raw vlan(std::uint16_t type, const Raw& payload);  // behind the tag's own EtherType
Raw gre(std::uint16_t flags, std::uint16_t type, const Raw& options, const Raw& payload);

Packet packet(LinkType link, const Raw& bytes);
// The first `captured` bytes of what was longer on the wire.
Packet snapped(LinkType link, const Raw& bytes, std::size_t captured);

}  // namespace zonelag::decoder::test
