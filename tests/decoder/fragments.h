// Datagrams cut into IP fragments, and a decoder to feed them to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>

#include "encapsulations.h"

namespace zonelag::decoder::test {

inline constexpr std::uint16_t kMore4 = 0x2000;

struct Piece {
  std::size_t offset = 0;
  std::size_t length = 0;
  bool more = true;
};

enum class Family : std::uint8_t { v4, v6 };

// `piece` of `datagram` (UDP or TCP with its header) as an IP packet.
inline Raw fragment(Family family, const Raw& datagram, const Piece& piece, std::uint32_t id = 7,
                    std::uint8_t protocol = 17) {
  const auto from = datagram.begin() + static_cast<std::ptrdiff_t>(piece.offset);
  const Raw bytes(from, from + static_cast<std::ptrdiff_t>(piece.length));
  if (family == Family::v4) {
    const auto word = static_cast<std::uint16_t>(piece.offset / 8 | (piece.more ? kMore4 : 0));
    return ipv4(bytes, {.protocol = protocol, .id = static_cast<std::uint16_t>(id), .fragment = word});
  }
  const auto word = static_cast<std::uint16_t>(piece.offset | (piece.more ? 1 : 0));
  return ipv6(fragment_header(protocol, word, id, bytes), {.next = 44});
}

inline std::vector<Piece> cut(std::size_t size, std::vector<std::size_t> ends) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  ends.push_back(size);
  for (const std::size_t end : ends) {
    pieces.push_back({at, end - at, end != size});
    at = end;
  }
  return pieces;
}

// Random ends on multiples of 8, at most `most` pieces.
inline std::vector<Piece> cut_anyhow(std::size_t size, std::mt19937_64& random, std::size_t most) {
  std::vector<std::size_t> ends((size - 1) / 8);
  std::iota(ends.begin(), ends.end(), std::size_t{1});
  std::ranges::shuffle(ends, random);
  ends.resize(std::min<std::size_t>(ends.size(), 1 + random() % (most - 1)));
  std::ranges::sort(ends);
  for (std::size_t& end : ends) end *= 8;
  return cut(size, ends);
}

// One decoder, fed with raw IP, and a clock that tests set.
class Reassembler {
 public:
  explicit Reassembler(const FrameLimits& limits = {}) : decoder_{limits} {}

  // The payload of the segment that came out, or nullopt.
  std::optional<Raw> feed(const Raw& bytes, std::size_t snap = 0) {
    Packet packet = snapped(LinkType::raw, bytes, bytes.size() - snap);
    packet.time = Timestamp{std::chrono::seconds(1'000'000)} + at;
    packet.number = ++number_;
    const Segment* segment = decoder_.decode(packet);
    EXPECT_EQ(counters().packets, sum_of_ends(counters()));
    if (segment == nullptr) return std::nullopt;
    EXPECT_EQ(segment->packet, number_);
    EXPECT_EQ(segment->time, packet.time);
    missing = segment->missing;
    return Raw(segment->payload.begin(), segment->payload.end());
  }
  const FrameCounters& counters() const { return decoder_.counters(); }

  Duration at{0};
  std::uint32_t missing = 0;

 private:
  FrameDecoder decoder_;
  std::uint64_t number_ = 0;
};

// A UDP datagram of 200 bytes, in fragments of both families.
class FragmentTest : public testing::TestWithParam<Family> {
 protected:
  Raw piece(std::size_t offset, std::size_t length, bool more, std::uint32_t id = 7) const {
    return fragment(GetParam(), datagram_, {offset, length, more}, id);
  }
  const Raw payload_ = pattern(192);
  const Raw datagram_ = udp(payload_);
};

}  // namespace zonelag::decoder::test
