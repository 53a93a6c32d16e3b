#include "packets.h"

#include <cassert>

#include "decoder/net.h"

namespace zonelag::decoder::test {
namespace {

Raw address(const char* text) {
  const auto parsed = IpAddress::parse(text);
  assert(parsed);
  const auto bytes = std::as_bytes(std::span{parsed->bytes()});
  const auto used = parsed->is_v4() ? bytes.last(4) : bytes;
  return {used.begin(), used.end()};
}

Raw u8(unsigned value) { return {static_cast<std::byte>(value)}; }

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

}  // namespace

Raw hex(std::string_view digits) {
  Raw bytes;
  bool upper = true;
  for (const char c : digits) {
    if (c == ' ') continue;
    if (upper) {
      bytes.push_back(static_cast<std::byte>(digit(c) << 4));
    } else {
      bytes.back() |= static_cast<std::byte>(digit(c));
    }
    upper = !upper;
  }
  assert(upper);
  return bytes;
}

Raw join(std::initializer_list<Raw> parts) {
  Raw bytes;
  for (const Raw& part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

Raw u16(unsigned value) { return join({u8(value >> 8 & 0xffU), u8(value & 0xffU)}); }
Raw u32(std::uint64_t value) {
  return join({u16(static_cast<unsigned>(value >> 16 & 0xffffU)), u16(static_cast<unsigned>(value & 0xffffU))});
}
Raw zeros(std::size_t count) { return Raw(count); }

Raw pattern(std::size_t count) {
  Raw bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}

Raw first(const Raw& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

Raw udp(const Raw& payload, const UdpFields& fields) {
  const auto length = fields.length.value_or(static_cast<std::uint16_t>(payload.size() + 8));
  return join({u16(fields.source), u16(fields.destination), u16(length), u16(0), payload});
}

Raw tcp(const Raw& payload, const TcpFields& fields) {
  const unsigned words = fields.header_words.value_or(static_cast<std::uint8_t>(5 + fields.options.size() / 4));
  return join({u16(fields.source), u16(fields.destination), u32(fields.sequence), u32(fields.acknowledgement),
               u8(words << 4), u8(fields.flags), u16(0xffff), u32(0), fields.options, payload});
}

Raw ipv4(const Raw& payload, const Ipv4Fields& fields) {
  const std::size_t header = 20 + fields.options.size();
  const auto total = fields.total.value_or(static_cast<std::uint16_t>(header + payload.size()));
  const unsigned first = fields.first.value_or(static_cast<std::uint8_t>(0x40 + header / 4));
  return join({u8(first), u8(0), u16(total), u16(fields.id), u16(fields.fragment), u8(64), u8(fields.protocol), u16(0),
               address(fields.source), address(fields.destination), fields.options, payload});
}

Raw ipv6(const Raw& payload, const Ipv6Fields& fields) {
  const auto length = fields.length.value_or(static_cast<std::uint16_t>(payload.size()));
  return join({u32(0x60000000), u16(length), u8(fields.next), u8(64), address(fields.source),
               address(fields.destination), payload});
}

Raw extension(std::uint8_t next, std::uint8_t extra, const Raw& payload) {
  // A PadN option (RFC 8200 section 4.2), so that option readers are content; long ones are several.
  Raw options = hex("0104 00000000");
  for (unsigned i = 0; i < extra; ++i) options = join({options, hex("0106 000000000000")});
  return join({u8(next), u8(extra), options, payload});
}

Raw authentication(std::uint8_t next, std::uint8_t length_field, const Raw& payload) {
  return join({u8(next), u8(length_field), zeros((length_field + std::size_t{2}) * 4 - 2), payload});
}

Raw fragment_header(std::uint8_t next, std::uint16_t offset_and_flag, std::uint32_t id, const Raw& payload) {
  return join({u8(next), u8(0), u16(offset_and_flag), u32(id), payload});
}

Raw ethernet(std::uint16_t type, const Raw& payload) {
  return join({hex("000c29000053 001b21000001"), u16(type), payload});
}

Raw vlan(std::uint16_t type, const Raw& payload) { return join({u16(0x0064), u16(type), payload}); }

Raw gre(std::uint16_t flags, std::uint16_t type, const Raw& options, const Raw& payload) {
  return join({u16(flags), u16(type), options, payload});
}

Packet packet(LinkType link, const Raw& bytes) { return snapped(link, bytes, bytes.size()); }

Packet snapped(LinkType link, const Raw& bytes, std::size_t captured) {
  Packet made;
  made.data = Bytes{bytes}.first(captured);
  made.wire_length = static_cast<std::uint32_t>(bytes.size());
  made.link = link;
  made.number = 1;
  return made;
}

}  // namespace zonelag::decoder::test
