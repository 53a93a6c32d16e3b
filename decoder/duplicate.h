// Copies of the same packet, as a mirror port makes them: ingress and egress, or one for each of two VLANs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "decoder/frame.h"

namespace zonelag::decoder {

// What a copy has in common with its original beside what is in the segment.
struct WireMarks {
  std::uint32_t datagram_id = 0;  // IPv4 identification, or of IPv6's fragment header; 0: IPv6 without
  std::uint16_t checksum = 0;     // of UDP or TCP
};

// A copy: a packet within the window that has the same transport, endpoints, datagram id, TCP sequence, acknowledgement
// and flags, UDP or TCP checksum, length of the payload and first kHead bytes of it. TTL, VLAN tags, MAC addresses and
// tunnels do not count: they are what differs between the copies.
//
// Why that is enough. kHead bytes hold a DNS header, with its message id, and most of a question; what differs behind
// them only, yet sums up to the same checksum, in two packets of one flow with one datagram id within the window, does
// not come about by itself. On purpose it can be made, but who sends such a packet ahead of the true one sends it in
// another's name anyway, and could as well have us read what he likes as that other's words.
//
// What may be lost: a client that says the same again within the window, from the same port, with the same message id
// and without a datagram id that would tell (IPv6, IPv4 with 0), and what it is answered, counts once. Both had the
// same bytes, so no fact is lost; NOTIFYs and transfers over UDP take such a repetition for a copy in any case
// (DnsLimits::duplicate_window). A TCP segment again, retransmitted or copied, brings nothing that the first did not.
class DuplicateFilter {
 public:
  static constexpr std::size_t kHead = 64;

  explicit DuplicateFilter(const FrameLimits& limits);

  // Whether this is a copy of one seen before. What is no copy is remembered.
  bool is_copy(const Segment& segment, const WireMarks& marks, FrameCounters& counters);

 private:
  static constexpr std::size_t kWays = 4;  // places where a packet can be; of these the oldest makes room

  struct Key {
    Endpoint source;
    Endpoint destination;
    std::uint32_t datagram_id = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint64_t length = 0;  // of the payload, on the wire
    std::uint16_t checksum = 0;
    Transport transport = Transport::udp;
    std::uint8_t flags = 0;
    std::uint8_t head_length = 0;
    std::array<std::byte, kHead> head{};  // zero behind head_length
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    Timestamp time;
    bool used = false;
  };

  static Key key_of(const Segment& segment, const WireMarks& marks);
  static std::uint64_t hash_of(const Key& key);
  bool is_near(const Entry& entry, Timestamp time) const;

  Duration window_;
  std::size_t sets_;  // a power of 2
  std::vector<Entry> entries_;
};

}  // namespace zonelag::decoder
