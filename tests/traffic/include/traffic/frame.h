// Ethernet, IPv4, IPv6, UDP and TCP headers with right lengths and checksums.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;

  static IpAddress v4_of(std::uint32_t address);
  static IpAddress v6_of(std::uint64_t network, std::uint64_t host);
  ByteView view() const { return {bytes.data(), v6 ? 16U : 4U}; }
  bool operator==(const IpAddress&) const = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

/// Both ends must be of the same address family.
struct Path {
  Endpoint from;
  Endpoint to;
  Path reversed() const { return {to, from}; }
};

struct Link {
  std::optional<std::uint16_t> vlan;
};

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint16_t kDnsPort = 53;

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;

struct TcpHeader {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = kTcpAck;
  std::uint16_t window = 0xffff;
  ByteView options{};  ///< A multiple of four bytes, at most 40.
};

/// The IPv4 header's identification and its flags-and-offset word.
struct IpFragment {
  std::uint16_t id = 0;
  std::uint16_t word = 0x4000;  ///< "don't fragment", offset 0
};

/// Hosts of the scenarios: documentation (RFC 5737, RFC 3849) and benchmark (RFC 2544) addresses.
IpAddress server_address(bool v6);
/// Distinct for n < 2^17 (IPv4) or 2^64 (IPv6).
IpAddress client_address(std::uint64_t n, bool v6);
/// Distinct for n < 2^8 (IPv4) or 2^64 (IPv6).
IpAddress primary_address(std::uint64_t n, bool v6);

/// Ethernet addresses are derived from the IP addresses.
void put_ethernet(WireBuffer& out, const Path& path, const Link& link);
/// IPv4 or IPv6, by the addresses. IPv6 has no use for `fragment`.
void put_ip(WireBuffer& out, const Path& path, std::uint8_t protocol, std::size_t payload_size,
            IpFragment fragment = {});
/// Of UDP and TCP, to be continued with the bytes from the transport header on.
std::uint64_t pseudo_header_sum(const Path& path, std::uint8_t protocol, std::size_t size);

/// UDP header and payload, checksum included.
void put_udp(WireBuffer& out, const Path& path, ByteView payload);
/// TCP header and payload, checksum included.
void put_tcp(WireBuffer& out, const Path& path, const TcpHeader& header, ByteView payload);

/// Whole frames; `out` is emptied first.
void build_udp_frame(WireBuffer& out, const Path& path, const Link& link, std::uint16_t ip_id, ByteView payload);
void build_tcp_frame(WireBuffer& out, const Path& path, const Link& link, std::uint16_t ip_id, const TcpHeader& header,
                     ByteView payload);

}  // namespace zonelag::traffic
