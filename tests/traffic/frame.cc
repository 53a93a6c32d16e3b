#include "traffic/frame.h"

#include "traffic/checksum.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint16_t kEtherVlan = 0x8100;
constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20;

void put_mac(WireBuffer& out, const IpAddress& address) {
  out.put16(0x0200);  // locally administered
  out.put_bytes(address.view().last(4));
}

void put_ipv4(WireBuffer& out, const Path& path, std::uint8_t protocol, std::size_t payload_size, IpFragment fragment) {
  const std::size_t begin = out.size();
  out.put16(0x4500);
  out.put16(static_cast<std::uint16_t>(kIpv4Header + payload_size));
  out.put16(fragment.id);
  out.put16(fragment.word);
  out.put8(kHopLimit);
  out.put8(protocol);
  out.put16(0);
  out.put_bytes(path.from.address.view());
  out.put_bytes(path.to.address.view());
  out.set16(begin + 10, checksum_finish(checksum_add(0, out.view_from(begin))));
}

void put_ipv6(WireBuffer& out, const Path& path, std::uint8_t protocol, std::size_t payload_size) {
  out.put32(0x60000000);
  out.put16(static_cast<std::uint16_t>(payload_size));
  out.put8(protocol);
  out.put8(kHopLimit);
  out.put_bytes(path.from.address.view());
  out.put_bytes(path.to.address.view());
}

}  // namespace

IpAddress IpAddress::v4_of(std::uint32_t address) {
  IpAddress result;
  WireBuffer::store32(result.bytes.data(), address);
  return result;
}

IpAddress IpAddress::v6_of(std::uint64_t network, std::uint64_t host) {
  IpAddress result;
  result.v6 = true;
  WireBuffer::store32(result.bytes.data(), static_cast<std::uint32_t>(network >> 32));
  WireBuffer::store32(result.bytes.data() + 4, static_cast<std::uint32_t>(network));
  WireBuffer::store32(result.bytes.data() + 8, static_cast<std::uint32_t>(host >> 32));
  WireBuffer::store32(result.bytes.data() + 12, static_cast<std::uint32_t>(host));
  return result;
}

IpAddress server_address(bool v6) {
  return v6 ? IpAddress::v6_of(0x20010db800000000U, 0x53) : IpAddress::v4_of(0xc0000235);  // 192.0.2.53
}

IpAddress client_address(std::uint64_t n, bool v6) {
  if (v6) return IpAddress::v6_of(0x20010db800010000U, n);
  return IpAddress::v4_of(0xc6120000U | static_cast<std::uint32_t>(n & 0x1ffffU));  // 198.18.0.0/15
}

IpAddress primary_address(std::uint64_t n, bool v6) {
  if (v6) return IpAddress::v6_of(0x20010db800020000U, n);
  return IpAddress::v4_of(0xcb007100U | static_cast<std::uint32_t>(n & 0xffU));  // 203.0.113.0/24
}

void put_ethernet(WireBuffer& out, const Path& path, const Link& link) {
  put_mac(out, path.to.address);
  put_mac(out, path.from.address);
  if (link.vlan) {
    out.put16(kEtherVlan);
    out.put16(*link.vlan);
  }
  out.put16(path.from.address.v6 ? kEtherIpv6 : kEtherIpv4);
}

void put_ip(WireBuffer& out, const Path& path, std::uint8_t protocol, std::size_t payload_size, IpFragment fragment) {
  if (path.from.address.v6) {
    put_ipv6(out, path, protocol, payload_size);
  } else {
    put_ipv4(out, path, protocol, payload_size, fragment);
  }
}

std::uint64_t pseudo_header_sum(const Path& path, std::uint8_t protocol, std::size_t size) {
  const std::uint64_t sum = checksum_add(checksum_add(0, path.from.address.view()), path.to.address.view());
  return sum + protocol + size;
}

void put_udp(WireBuffer& out, const Path& path, ByteView payload) {
  const std::size_t begin = out.size();
  const std::size_t size = kUdpHeader + payload.size();
  out.put16(path.from.port);
  out.put16(path.to.port);
  out.put16(static_cast<std::uint16_t>(size));
  out.put16(0);
  out.put_bytes(payload);
  const std::uint64_t sum = checksum_add(pseudo_header_sum(path, kProtocolUdp, size), out.view_from(begin));
  out.set16(begin + 6, udp_checksum_finish(sum));
}

void put_tcp(WireBuffer& out, const Path& path, const TcpHeader& header, ByteView payload) {
  const std::size_t begin = out.size();
  const std::size_t header_size = kTcpHeader + header.options.size();
  out.put16(path.from.port);
  out.put16(path.to.port);
  out.put32(header.seq);
  out.put32(header.ack);
  out.put8(static_cast<std::uint8_t>(header_size / 4 << 4));
  out.put8(header.flags);
  out.put16(header.window);
  out.put32(0);  // checksum, urgent pointer
  out.put_bytes(header.options);
  out.put_bytes(payload);
  const std::uint64_t pseudo = pseudo_header_sum(path, kProtocolTcp, header_size + payload.size());
  out.set16(begin + 16, checksum_finish(checksum_add(pseudo, out.view_from(begin))));
}

void build_udp_frame(WireBuffer& out, const Path& path, const Link& link, std::uint16_t ip_id, ByteView payload) {
  out.clear();
  put_ethernet(out, path, link);
  put_ip(out, path, kProtocolUdp, kUdpHeader + payload.size(), {.id = ip_id});
  put_udp(out, path, payload);
}

void build_tcp_frame(WireBuffer& out, const Path& path, const Link& link, std::uint16_t ip_id, const TcpHeader& header,
                     ByteView payload) {
  out.clear();
  put_ethernet(out, path, link);
  put_ip(out, path, kProtocolTcp, kTcpHeader + header.options.size() + payload.size(), {.id = ip_id});
  put_tcp(out, path, header, payload);
}

}  // namespace zonelag::traffic
