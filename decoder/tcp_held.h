// Bytes of one side of a TCP connection that came before their turn: sorted, without overlap, first copy kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

namespace zonelag::decoder {

// Sequence numbers live on a circle of 2^32 (RFC 9293 section 3.4). Positive: `to` is ahead of `from`.
constexpr std::int32_t distance(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }
constexpr bool is_before(std::uint32_t left, std::uint32_t right) { return distance(left, right) > 0; }
constexpr std::uint32_t later(std::uint32_t left, std::uint32_t right) { return is_before(left, right) ? right : left; }

// A run of a side's stream. Without bytes: it was on the wire, but the capture snapped it.
struct TcpPiece {
  std::uint32_t sequence = 0;
  std::uint32_t length = 0;
  const std::byte* bytes = nullptr;

  std::uint32_t end() const { return sequence + length; }
  void drop_front(std::uint32_t count) {
    sequence += count;
    length -= count;
    if (bytes != nullptr) bytes += count;
  }
};

// All that is held lies within 2^31 of each other: the owner checks against the window.
class TcpHeld {
 public:
  // What a piece costs beside its bytes (map node, allocator's headers). It counts against the limits, or one-byte
  // segments would take many times as much memory as the limits say.
  static constexpr std::size_t kPieceOverhead = 96;

  struct Kept {
    std::uint32_t length = 0;
    std::unique_ptr<std::byte[]> bytes;  // null: snapped
  };

  bool empty() const { return pieces_.empty(); }
  // Sequence number of the first piece; only when not empty.
  std::uint32_t first() const { return pieces_.begin()->first; }
  std::size_t cost() const { return cost_; }

  // Copies what is not held yet; returns how many bytes already were.
  std::uint32_t insert(TcpPiece piece);
  // Only when not empty.
  Kept take_first();

 private:
  struct Before {
    bool operator()(std::uint32_t left, std::uint32_t right) const { return is_before(left, right); }
  };
  using Pieces = std::map<std::uint32_t, Kept, Before>;

  void keep(Pieces::iterator before, TcpPiece piece);

  Pieces pieces_;
  std::size_t cost_ = 0;
};

}  // namespace zonelag::decoder
