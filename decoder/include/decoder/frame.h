// Frames to transport segments: link layer, VLAN, MPLS, PPPoE, tunnels of mirror ports, IPv4, IPv6, fragments.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decoder/net.h"
#include "decoder/packet.h"

namespace zonelag::decoder {

// TCP flags, RFC 9293 section 3.1.
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;

// One UDP datagram or TCP segment of a DNS port.
struct Segment {
  Timestamp time;
  std::uint64_t packet = 0;  // Packet::number of the packet that completed it
  Transport transport = Transport::udp;
  Endpoint source;
  Endpoint destination;
  Bytes payload;              // what was captured of it; a view of the packet or of the decoder: valid as long as the
                              // packet's data, at most until the next decode()
  std::uint32_t missing = 0;  // bytes of the payload that were on the wire but not captured (snapped at the end)
  // TCP only:
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
};

struct FrameLimits {
  std::uint32_t max_layers = 16;                   // tags, labels, tunnels and extension headers around one packet
  std::size_t max_datagrams_in_reassembly = 4096;  // oldest evicted first
  std::size_t max_fragment_bytes = 16U << 20;      // of all datagrams in reassembly; 24 more for each fragment
  std::size_t max_fragments_per_datagram = 256;    // one with more is evicted; 64 KiB at an MTU of 576 are 119
  Duration fragment_timeout = std::chrono::seconds(30);
  // At a mirror port the same packet may come twice: its copies are dropped. See DuplicateFilter for what a copy is.
  bool drop_duplicates = false;
  Duration duplicate_window = std::chrono::milliseconds(100);
  std::size_t max_packets_remembered = 16'384;  // of 160 bytes each, taken at once where duplicates are dropped
  std::vector<std::uint16_t> ports{53};         // DNS ports; a segment with neither port among them is passed over
};

// One counter for each way a packet can end. packets = segments + the sum of all others, fragments kept for
// reassembly included. Checksums are not verified: network cards fill them in behind our back.
struct FrameCounters {
  std::uint64_t packets = 0;
  std::uint64_t segments = 0;  // handed on
  std::uint64_t unknown_link = 0;
  std::uint64_t not_ip = 0;       // ARP, STP, ...
  std::uint64_t truncated = 0;    // snapped or short before the end of the UDP or TCP header
  std::uint64_t malformed = 0;    // lengths or versions that contradict themselves
  std::uint64_t too_deep = 0;     // more than max_layers
  std::uint64_t not_udp_tcp = 0;  // ICMP, ...
  std::uint64_t other_port = 0;
  std::uint64_t tls_port = 0;               // port 853: transfers over TLS are flows only
  std::uint64_t fragments_kept = 0;         // taken to wait for the rest of their datagram, whatever became of it
  std::uint64_t fragments_overlapping = 0;  // dropped with their datagram, RFC 5722: the one found out and all after it
  std::uint64_t fragments_duplicate = 0;
  std::uint64_t duplicates = 0;             // a mirror port's copies, if FrameLimits::drop_duplicates
  std::uint64_t duplicates_evicted = 0;     // not a way to end: not remembered for the whole window
  std::uint64_t datagrams_reassembled = 0;  // not a way to end: each is also counted in segments or another
  std::uint64_t datagrams_expired = 0;      // not a way to end: timed out
  std::uint64_t datagrams_evicted = 0;      // not a way to end: pushed out by a limit
};

class DuplicateFilter;
class FragmentTable;
enum class Step : std::uint8_t;
struct Walk;
struct WireMarks;

class FrameDecoder {
 public:
  explicit FrameDecoder(FrameLimits limits);
  ~FrameDecoder();
  FrameDecoder(FrameDecoder&&) noexcept;

  // The segment that this packet is or completes, or null: then a counter says why. Valid until the next call.
  // A datagram whose fragments were snapped counts as complete when all of them came; it is used as far as it goes.
  const Segment* decode(const Packet& packet);

  const FrameCounters& counters() const { return counters_; }

 private:
  bool is_dns(std::uint16_t source, std::uint16_t destination) const;
  bool decode_plain(const Packet& packet);
  Step walk_through(const Packet& packet, Walk& walk);
  Step read_udp(Walk& walk);
  Step read_tcp(Walk& walk);
  void fill(const Walk& walk, Transport transport, std::uint16_t source, std::uint16_t destination);
  bool is_copy(const WireMarks& marks);
  void count(Step end);

  FrameLimits limits_;
  FrameCounters counters_;
  Segment segment_;
  std::unique_ptr<FragmentTable> fragments_;
  std::unique_ptr<DuplicateFilter> duplicates_;  // null: they are not dropped
};

// Whether decode() knows the link type.
bool is_known(LinkType link);

}  // namespace zonelag::decoder
