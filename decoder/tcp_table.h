// The connections of a TcpReassembler by their endpoints, in dense slots that do not move.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "decoder/tcp.h"
#include "tcp_side.h"

namespace zonelag::decoder {

inline constexpr std::uint32_t kNoSlot = 0xffff'ffff;

// As operator==, but the ports, which nearly always tell, come first, and no call is made for the addresses.
inline bool is_same(const Endpoint& left, const Endpoint& right) {
  if (left.port != right.port) return false;
  std::array<std::uint64_t, 2> a{};
  std::array<std::uint64_t, 2> b{};
  std::memcpy(a.data(), left.address.bytes().data(), sizeof a);
  std::memcpy(b.data(), right.address.bytes().data(), sizeof b);
  return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
}

enum class TcpPhase : std::uint8_t {
  connecting,  // a SYN and nothing else
  opening,     // answered, or found midway, but nothing that takes both sides to be there
  open,
};

struct TcpSlot {
  TcpConnection connection;
  std::array<TcpSide, 2> sides;
  Timestamp stamp;  // of the last activity; while connecting: of the first SYN
  std::uint64_t last_packet = 0;
  TcpPhase phase = TcpPhase::connecting;
  bool in_use = false;
  bool has_gap = false;  // in the list of gaps
  bool holds = false;    // in the list of those that hold bytes

  TcpSide& side(Side which) { return sides[static_cast<std::size_t>(which)]; }
};
// 100,000 open transfers must fit beside the DNS layer's state: with links and buckets below 320 bytes each.
static_assert(sizeof(TcpSlot) <= 192);

// Open addressing with linear probing. Slots grow with use, in chunks, and are reused, last freed first.
class TcpTable {
 public:
  TcpTable();

  // The connection between two endpoints, whichever is its client; or kNoSlot.
  std::uint32_t find(const Endpoint& left, const Endpoint& right) const;
  // Only when find() has no such connection.
  std::uint32_t insert(const Endpoint& client, const Endpoint& server);
  void erase(std::uint32_t slot);

  TcpSlot& operator[](std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const TcpSlot& operator[](std::uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  std::uint32_t size() const { return size_; }
  // One more than the largest slot ever given out.
  std::uint32_t slots() const { return slots_; }

 private:
  static constexpr std::uint32_t kChunk = 256;
  static constexpr std::size_t kFirstBuckets = 64;

  struct Bucket {
    std::uint32_t hash = 0;
    std::uint32_t slot = kNoSlot;
  };

  std::uint32_t hash(const Endpoint& left, const Endpoint& right) const;
  std::uint64_t hash(const Endpoint& endpoint) const;
  std::uint32_t take_slot();
  void place(Bucket bucket);
  void grow();

  // Multipliers that nobody outside knows: addresses cannot be chosen so that all fall into one run of buckets.
  std::array<std::uint64_t, 3> secret_;
  std::vector<Bucket> buckets_;
  std::vector<std::unique_ptr<TcpSlot[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t slots_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace zonelag::decoder
