#include "decoder/frame.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "decoder/cursor.h"
#include "duplicate.h"
#include "ether_type.h"
#include "fragment.h"
#include "walk.h"

namespace zonelag::decoder {
namespace {

constexpr std::uint16_t kTlsPort = 853;  // RFC 7858, RFC 9103; RFC 9250 over UDP
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint16_t kLinuxVxlanPort = 8472;  // before the IANA number
constexpr std::uint16_t kVxlanGpePort = 4790;
constexpr std::uint16_t kGenevePort = 6081;
constexpr std::uint32_t kEthernet = 14;
constexpr std::uint32_t kIp = 20;  // IPv4 without options
constexpr std::uint32_t kUdpHeader = 8;

std::uint32_t u16_at(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) << 8 | std::to_integer<std::uint32_t>(at[1]);
}

// Of a packet that decode_plain() took.
WireMarks plain_marks(const Packet& packet) {
  const std::byte* const ip = packet.data.data() + kEthernet;
  return {u16_at(ip + 4), static_cast<std::uint16_t>(u16_at(ip + kIp + 6))};
}

// A datagram or segment with no DNS port.
Step by_other_port(std::uint16_t source, std::uint16_t destination) {
  return source == kTlsPort || destination == kTlsPort ? Step::tls_port : Step::other_port;
}

Step by_udp_port(std::uint16_t source, std::uint16_t destination) {
  switch (destination) {
    case kVxlanPort:
    case kLinuxVxlanPort: return Step::vxlan;
    case kVxlanGpePort: return Step::vxlan_gpe;
    case kGenevePort: return Step::geneve;
    default: return by_other_port(source, destination);
  }
}

}  // namespace

FrameDecoder::FrameDecoder(FrameLimits limits)
    : limits_(std::move(limits)), fragments_(std::make_unique<FragmentTable>(limits_)) {
  if (limits_.drop_duplicates) duplicates_ = std::make_unique<DuplicateFilter>(limits_);
}
FrameDecoder::~FrameDecoder() = default;
FrameDecoder::FrameDecoder(FrameDecoder&&) noexcept = default;

const Segment* FrameDecoder::decode(const Packet& packet) {
  ++counters_.packets;
  if (decode_plain(packet)) {
    if (duplicates_ && is_copy(plain_marks(packet))) return nullptr;
    ++counters_.segments;
    return &segment_;
  }
  const std::uint64_t captured = packet.data.size();
  Walk walk;
  walk.rest = packet.data;
  walk.missing = packet.wire_length > captured ? packet.wire_length - captured : 0;
  walk.layers_left = limits_.max_layers;
  const Step end = walk_through(packet, walk);
  if (end != Step::segment) {
    count(end);
    return nullptr;
  }
  segment_.time = packet.time;
  segment_.packet = packet.number;
  if (duplicates_ && is_copy({walk.datagram_id, walk.checksum})) return nullptr;
  ++counters_.segments;
  return &segment_;
}

bool FrameDecoder::is_copy(const WireMarks& marks) {
  const bool copy = duplicates_->is_copy(segment_, marks, counters_);
  if (copy) ++counters_.duplicates;
  return copy;
}

// Nearly all packets of a name server: Ethernet, IPv4 without options or fragments, UDP, a DNS port, all lengths as
// they should be. Read where they are, after one check of the length; anything else is left to the walk, which would
// say the same of these.
bool FrameDecoder::decode_plain(const Packet& packet) {
  const std::size_t size = packet.data.size();
  if (packet.link != LinkType::ethernet || size < kEthernet + kIp + kUdpHeader) return false;
  const std::byte* const ip = packet.data.data() + kEthernet;
  const std::byte* const udp = ip + kIp;
  const bool plain = u16_at(ip - 2) == kEtherIpv4 && ip[0] == std::byte{0x45} && ip[9] == std::byte{17} &&
                     (u16_at(ip + 6) & 0x3fffU) == 0;
  if (!plain) return false;
  const std::uint32_t total = u16_at(ip + 2);
  const std::uint32_t length = u16_at(udp + 4);
  if (length < kUdpHeader || total < kIp + length || size - kEthernet < kIp + length) return false;
  const auto source = static_cast<std::uint16_t>(u16_at(udp));
  const auto destination = static_cast<std::uint16_t>(u16_at(udp + 2));
  if (!is_dns(source, destination)) return false;
  segment_.time = packet.time;
  segment_.packet = packet.number;
  segment_.transport = Transport::udp;
  segment_.source = {IpAddress::v4(Bytes{ip + 12, 4}), source};
  segment_.destination = {IpAddress::v4(Bytes{ip + 16, 4}), destination};
  segment_.payload = {udp + kUdpHeader, length - kUdpHeader};
  segment_.missing = 0;
  segment_.sequence = 0;
  segment_.acknowledgement = 0;
  segment_.flags = 0;
  return true;
}

// Ends: what can come again (tags, labels, tunnels, extension headers, so also a datagram in a datagram's fragments)
// takes a layer each time.
Step FrameDecoder::walk_through(const Packet& packet, Walk& walk) {
  Step step = begin_link(packet.link, walk);
  while (step < Step::segment) {
    switch (step) {
      case Step::ethernet: step = read_ethernet(walk); break;
      case Step::ether_type: step = read_ether_type(walk); break;
      case Step::mpls: step = read_mpls(walk); break;
      case Step::ppp: step = read_ppp(walk); break;
      case Step::ip: step = read_ip(walk); break;
      case Step::ipv4: step = read_ipv4(walk); break;
      case Step::ipv6: step = read_ipv6(walk); break;
      case Step::protocol: step = read_protocol(walk); break;
      case Step::gre: step = read_gre(walk); break;
      case Step::vxlan: step = read_vxlan(walk); break;
      case Step::vxlan_gpe: step = read_vxlan_gpe(walk); break;
      case Step::geneve: step = read_geneve(walk); break;
      case Step::udp: step = read_udp(walk); break;
      case Step::tcp: step = read_tcp(walk); break;
      case Step::fragment: step = fragments_->add(walk, packet.time, counters_); break;
      default: std::unreachable();
    }
  }
  return step;
}

bool FrameDecoder::is_dns(std::uint16_t source, std::uint16_t destination) const {
  return std::ranges::any_of(limits_.ports, [=](std::uint16_t port) { return port == source || port == destination; });
}

// RFC 768. A length of 0 is a jumbogram's (RFC 2675 section 4), or was left to the network card to fill in.
Step FrameDecoder::read_udp(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint16_t source = cursor.u16();
  const std::uint16_t destination = cursor.u16();
  const std::uint16_t length = cursor.u16();
  walk.checksum = cursor.u16();
  if (!cursor.ok()) return Step::truncated;
  const bool dns = is_dns(source, destination);
  const Step other = dns ? Step::segment : by_udp_port(source, destination);
  if (other > Step::segment) return other;
  if (length != 0 && length < kUdpHeader) return Step::malformed;
  walk.rest = cursor.rest();
  if (length != 0) walk.end_after(length - kUdpHeader);
  if (!dns) return other;
  fill(walk, Transport::udp, source, destination);
  segment_.sequence = 0;
  segment_.acknowledgement = 0;
  segment_.flags = 0;
  return Step::segment;
}

// RFC 9293 section 3.1.
Step FrameDecoder::read_tcp(Walk& walk) {
  Cursor cursor(walk.rest);
  const std::uint16_t source = cursor.u16();
  const std::uint16_t destination = cursor.u16();
  const std::uint32_t sequence = cursor.u32();
  const std::uint32_t acknowledgement = cursor.u32();
  const std::size_t header = (cursor.u8() >> 4) * std::size_t{4};
  const std::uint8_t flags = cursor.u8();
  cursor.skip(2);
  walk.checksum = cursor.u16();
  cursor.skip(2);
  if (!cursor.ok()) return Step::truncated;
  if (!is_dns(source, destination)) return by_other_port(source, destination);
  if (header < 20 || header > walk.rest.size() + walk.missing) return Step::malformed;
  if (header > walk.rest.size()) return Step::truncated;
  walk.rest = walk.rest.subspan(header);
  fill(walk, Transport::tcp, source, destination);
  segment_.sequence = sequence;
  segment_.acknowledgement = acknowledgement;
  segment_.flags = flags;
  return Step::segment;
}

void FrameDecoder::fill(const Walk& walk, Transport transport, std::uint16_t source, std::uint16_t destination) {
  segment_.transport = transport;
  segment_.source = {walk.source, source};
  segment_.destination = {walk.destination, destination};
  segment_.payload = walk.rest;
  const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  segment_.missing = static_cast<std::uint32_t>(std::min(walk.missing, most));
}

void FrameDecoder::count(Step end) {
  switch (end) {
    case Step::unknown_link: ++counters_.unknown_link; break;
    case Step::not_ip: ++counters_.not_ip; break;
    case Step::truncated: ++counters_.truncated; break;
    case Step::malformed: ++counters_.malformed; break;
    case Step::too_deep: ++counters_.too_deep; break;
    case Step::not_udp_tcp: ++counters_.not_udp_tcp; break;
    case Step::other_port: ++counters_.other_port; break;
    case Step::tls_port: ++counters_.tls_port; break;
    case Step::fragment_kept: ++counters_.fragments_kept; break;
    case Step::fragment_overlapping: ++counters_.fragments_overlapping; break;
    case Step::fragment_duplicate: ++counters_.fragments_duplicate; break;
    default: std::unreachable();
  }
}

}  // namespace zonelag::decoder
