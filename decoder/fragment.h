// Datagrams in pieces (RFC 791 section 3.2, RFC 8200 section 4.5), until they are whole, contradict themselves, are
// too old or too many.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "decoder/frame.h"
#include "walk.h"

namespace zonelag::decoder {

struct DatagramKey {
  IpAddress source;
  IpAddress destination;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  // part of the key in IPv4 only; IPv6: 0, which IPv4 never keeps
  friend auto operator<=>(const DatagramKey&, const DatagramKey&) = default;
};

class FragmentTable {
 public:
  explicit FragmentTable(const FrameLimits& limits) : limits_(limits) {}

  // Takes the fragment that `walk` has come to. Step::protocol: the datagram is whole, and the walk goes on in it
  // (its rest is valid until the next call); otherwise an end. Limits and time-outs are counted here.
  Step add(Walk& walk, Timestamp time, FrameCounters& counters);

 private:
  struct Piece {
    std::uint32_t offset = 0;    // within the datagram
    std::uint32_t length = 0;    // on the wire
    std::uint32_t captured = 0;  // of that
    std::size_t position = 0;    // of the captured bytes in Datagram::bytes
    std::uint32_t end() const { return offset + length; }
  };
  // Memory follows what was received, not what the offsets promise: bytes are in order of arrival.
  struct Datagram {
    DatagramKey key;
    Timestamp first_seen;
    std::vector<Piece> pieces;  // by offset
    std::vector<std::byte> bytes;
    std::uint64_t received = 0;  // sum of the pieces' lengths
    std::uint32_t total = 0;     // 0: the last fragment has not come
    std::uint8_t protocol = 0;   // of the first fragment
    bool overlapped = false;     // nothing is kept any more, and nothing taken
  };
  using Datagrams = std::list<Datagram>;  // oldest first

  Datagram& find_or_begin(const DatagramKey& key, Timestamp time, FrameCounters& counters);
  static Step place(const Datagram& datagram, const Walk& walk, std::uint32_t length, std::size_t& index);
  void store(Datagram& datagram, const Walk& walk, std::uint32_t length, std::size_t index);
  void assemble(const Datagram& datagram, Walk& walk);
  void forget_bytes(Datagram& datagram);
  void erase(const DatagramKey& key);
  void expire(Timestamp now, FrameCounters& counters);
  void enforce_limits(FrameCounters& counters);
  bool is_expired(const Datagram& datagram, Timestamp now) const;

  FrameLimits limits_;
  Datagrams datagrams_;
  std::map<DatagramKey, Datagrams::iterator> by_key_;
  std::size_t stored_ = 0;  // bytes of all datagrams, bookkeeping of pieces included
  std::vector<std::byte> assembled_;
};

}  // namespace zonelag::decoder
