// Reassembly, seen from outside: fragments in, segments out.
#include <gtest/gtest.h>

#include "fragments.h"

namespace zonelag::decoder {
namespace {

using namespace test;
using std::chrono::seconds;

class Fragments : public FragmentTest {};
INSTANTIATE_TEST_SUITE_P(BothFamilies, Fragments, testing::Values(Family::v4, Family::v6),
                         [](const auto& family) { return family.param == Family::v4 ? "v4" : "v6"; });

TEST_P(Fragments, ComeInAnyOrder) {
  const auto pieces = cut(datagram_.size(), {8, 64, 72, 160});
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Reassembler reassembler;
  std::uint32_t id = 0;
  do {
    ++id;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      ASSERT_FALSE(reassembler.feed(fragment(GetParam(), datagram_, pieces[order[i]], id)));
    }
    ASSERT_EQ(reassembler.feed(fragment(GetParam(), datagram_, pieces[order.back()], id)), payload_);
    ASSERT_EQ(reassembler.missing, 0U);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(reassembler.counters().datagrams_reassembled, 120U);
  EXPECT_EQ(reassembler.counters().fragments_kept, 480U);
  EXPECT_EQ(reassembler.counters().segments, 120U);
}

// Datagrams of any size, split anywhere, several at a time, shuffled, some fragments twice.
TEST_P(Fragments, GiveBackTheOriginal) {
  std::mt19937_64 random{GetParam() == Family::v4 ? 1U : 2U};
  Reassembler reassembler;
  std::uint64_t duplicates = 0;
  for (std::uint32_t round = 0; round < 300; ++round) {
    std::vector<Raw> packets;
    std::vector<Raw> expected;
    for (std::uint32_t id = round * 3; id < round * 3 + 3; ++id) {
      const std::size_t size = 1 + random() % (round % 20 == 0 ? 65000 : 3000);
      Raw payload(size);
      std::ranges::generate(payload, [&] { return static_cast<std::byte>(random()); });
      const Raw whole = udp(payload);
      const auto pieces = cut_anyhow(whole.size(), random, 200);
      for (const Piece& piece : pieces) packets.push_back(fragment(GetParam(), whole, piece, id));
      expected.push_back(payload);
      if (pieces.size() < 3) continue;
      packets.push_back(packets[packets.size() - 1 - random() % pieces.size()]);
      ++duplicates;
    }
    // A copy behind the fragment that completed its datagram begins one that nothing will complete.
    std::ranges::shuffle(packets, random);
    std::vector<Raw> got;
    for (const Raw& bytes : packets) {
      if (auto payload = reassembler.feed(bytes)) got.push_back(*payload);
    }
    std::ranges::sort(got);
    std::ranges::sort(expected);
    ASSERT_EQ(got, expected) << round;
  }
  EXPECT_EQ(reassembler.counters().datagrams_reassembled, 900U);
  EXPECT_GT(reassembler.counters().fragments_duplicate, duplicates / 2);
  EXPECT_EQ(reassembler.counters().fragments_overlapping, 0U);
}

TEST_P(Fragments, AreIgnoredAsExactDuplicates) {
  Reassembler reassembler;
  reassembler.feed(piece(0, 96, true));
  reassembler.feed(piece(0, 96, true));
  reassembler.feed(piece(104, 96, false));
  reassembler.feed(piece(104, 96, false));
  EXPECT_EQ(reassembler.counters().fragments_duplicate, 2U);
  EXPECT_EQ(reassembler.feed(piece(96, 8, true)), payload_);
}

TEST_P(Fragments, OfEqualBoundsButOtherBytesAreNoDuplicates) {
  Reassembler reassembler;
  Raw other = piece(0, 96, true);
  other.back() ^= std::byte{1};
  reassembler.feed(piece(0, 96, true));
  reassembler.feed(other);
  EXPECT_EQ(reassembler.counters().fragments_overlapping, 1U);
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false)));
}

struct Overlap {
  const char* name;
  Piece stored;
  Piece offending;
};

// RFC 5722: gone with its datagram, and with the fragments still to come.
TEST_P(Fragments, ThatOverlapDropTheirDatagram) {
  const Overlap overlaps[] = {
      {"from the left", {64, 64, true}, {56, 16, true}},
      {"from the right", {64, 64, true}, {120, 16, true}},
      {"inside", {64, 64, true}, {72, 8, true}},
      {"around", {64, 64, true}, {56, 80, true}},
      {"same begin", {64, 64, true}, {64, 56, true}},
      {"same end", {64, 64, true}, {72, 56, true}},
      {"last before it", {64, 64, true}, {72, 8, false}},
      {"last ends alike", {64, 64, true}, {64, 64, false}},
      {"behind the last", {96, 32, false}, {128, 8, true}},
      {"up to the last", {96, 32, false}, {120, 8, true}},
      {"two ends", {96, 32, false}, {128, 8, false}},
      {"two ends, shorter", {96, 32, false}, {88, 8, false}},
      {"last again, as not the last", {96, 32, false}, {96, 32, true}},
  };
  for (const auto& [name, stored, offending] : overlaps) {
    Reassembler reassembler;
    reassembler.feed(fragment(GetParam(), datagram_, stored));
    EXPECT_FALSE(reassembler.feed(fragment(GetParam(), datagram_, offending)));
    EXPECT_EQ(reassembler.counters().fragments_overlapping, 1U) << name;
    for (const Piece& each : cut(datagram_.size(), {64, 128})) {
      EXPECT_FALSE(reassembler.feed(fragment(GetParam(), datagram_, each))) << name;
    }
    EXPECT_EQ(reassembler.counters().fragments_overlapping, 4U) << name;
    // The next datagram with this ID, in its own time, is not to blame.
    reassembler.at += seconds(31);
    for (const Piece& each : cut(datagram_.size(), {64})) reassembler.feed(fragment(GetParam(), datagram_, each));
    EXPECT_EQ(reassembler.counters().segments, 1U) << name;
  }
}

TEST_P(Fragments, ThatTouchDoNotOverlap) {
  Reassembler reassembler;
  reassembler.feed(piece(64, 64, true));
  reassembler.feed(piece(56, 8, true));
  reassembler.feed(piece(128, 72, false));
  EXPECT_EQ(reassembler.feed(piece(0, 56, true)), payload_);
}

TEST_P(Fragments, HaveLengthsInUnitsOfEight) {
  Reassembler reassembler;
  EXPECT_FALSE(reassembler.feed(piece(0, 9, true)));
  EXPECT_FALSE(reassembler.feed(piece(0, 7, true)));
  EXPECT_FALSE(reassembler.feed(piece(0, 0, true)));
  EXPECT_FALSE(reassembler.feed(piece(8, 0, false)));
  EXPECT_EQ(reassembler.counters().malformed, 4U);
  reassembler.feed(piece(0, 8, true));
  EXPECT_EQ(reassembler.feed(piece(8, 192, false)), payload_) << "the malformed ones left nothing behind";
}

// "Ping of death": the last fragment may end at 65,535, not behind it.
TEST_P(Fragments, EndWithinTheLargestDatagram) {
  const Raw largest = udp(pattern(65527));
  Raw larger = largest;
  larger.push_back(std::byte{0});
  for (const Raw* whole : {&largest, &std::as_const(larger)}) {
    Reassembler reassembler;
    const auto pieces = cut(whole->size(), {65520 / 2 / 8 * 8, 65520});
    reassembler.feed(fragment(GetParam(), *whole, pieces[0]));
    reassembler.feed(fragment(GetParam(), *whole, pieces[1]));
    EXPECT_EQ(reassembler.feed(fragment(GetParam(), *whole, pieces[2])).has_value(), whole == &largest);
    EXPECT_EQ(reassembler.counters().malformed, whole == &largest ? 0U : 1U);
  }
}

TEST_P(Fragments, AreNotMixedAcrossDatagrams) {
  Reassembler reassembler;
  reassembler.feed(piece(0, 96, true, 1));
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false, 2)));
  Raw other_source = piece(96, 104, false, 1);
  other_source[GetParam() == Family::v4 ? 15 : 23] ^= std::byte{0x80};
  EXPECT_FALSE(reassembler.feed(other_source));
  Raw other_destination = piece(96, 104, false, 1);
  other_destination[GetParam() == Family::v4 ? 19 : 39] ^= std::byte{0x80};
  EXPECT_FALSE(reassembler.feed(other_destination));
  EXPECT_EQ(reassembler.counters().fragments_kept, 4U);
  EXPECT_EQ(reassembler.feed(piece(96, 104, false, 1)), payload_);
}

TEST(FragmentsV4, AreToldApartByProtocol) {
  Reassembler reassembler;
  const Raw datagram = udp(pattern(24));
  reassembler.feed(fragment(Family::v4, datagram, {0, 16, true}, 7, 17));
  EXPECT_FALSE(reassembler.feed(fragment(Family::v4, datagram, {16, 16, false}, 7, 6)));
  EXPECT_TRUE(reassembler.feed(fragment(Family::v4, datagram, {16, 16, false}, 7, 17)));
}

// RFC 8200 section 4.5: only the first fragment's next header counts.
TEST(FragmentsV6, TakeTheirProtocolFromTheFirst) {
  Reassembler reassembler;
  const Raw datagram = udp(pattern(24));
  reassembler.feed(fragment(Family::v6, datagram, {16, 16, false}, 7, 6));
  EXPECT_EQ(reassembler.feed(fragment(Family::v6, datagram, {0, 16, true}, 7, 17)), pattern(24));
}

// RFC 6946: never mixed with fragments of the same ID, and nothing is kept of them.
TEST(FragmentsV6, ThatAreAtomicStandAlone) {
  Reassembler reassembler;
  const Raw datagram = udp(pattern(24));
  reassembler.feed(fragment(Family::v6, datagram, {0, 16, true}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reassembler.feed(fragment(Family::v6, datagram, {0, 32, false})), pattern(24));
  EXPECT_EQ(reassembler.feed(fragment(Family::v6, datagram, {16, 16, false})), pattern(24));
  EXPECT_EQ(reassembler.counters().datagrams_reassembled, 1U);
}

// A snapped fragment counts as received; the datagram is used up to the first byte that was not captured.
TEST_P(Fragments, ThatWereSnappedAreUsedAsFarAsTheyGo) {
  struct Case {
    std::size_t snap_first, snap_last, captured;
  };
  for (const auto& [snap_first, snap_last, captured] : {Case{0, 40, 152}, Case{10, 0, 78}, Case{88, 104, 0}}) {
    for (const bool reversed : {false, true}) {
      Reassembler reassembler;
      const Raw head = piece(0, 96, true);
      const Raw tail = piece(96, 104, false);
      EXPECT_FALSE(reversed ? reassembler.feed(tail, snap_last) : reassembler.feed(head, snap_first));
      const auto payload = reversed ? reassembler.feed(head, snap_first) : reassembler.feed(tail, snap_last);
      EXPECT_EQ(payload, first(payload_, captured));
      EXPECT_EQ(reassembler.missing, 192 - captured);
    }
  }
  Reassembler reassembler;
  reassembler.feed(piece(0, 96, true), 89);
  EXPECT_FALSE(reassembler.feed(piece(96, 104, false)));
  EXPECT_EQ(reassembler.counters().truncated, 1U) << "the UDP header is not whole";
}

// TCP in fragments, and a datagram that is a tunnel whose inner packets are fragments themselves.
TEST_P(Fragments, MayHoldAnything) {
  Reassembler reassembler;
  const Raw segment = tcp(pattern(100));
  reassembler.feed(fragment(GetParam(), segment, {0, 8, true}, 1, 6));
  EXPECT_EQ(reassembler.feed(fragment(GetParam(), segment, {8, segment.size() - 8, false}, 1, 6)), pattern(100));

  std::optional<Raw> payload;
  std::uint32_t outer_id = 10;
  for (const Piece& inner : cut(datagram_.size(), {96})) {
    const Raw frame = ethernet(0x0800, fragment(Family::v4, datagram_, inner));
    const Raw vxlan = udp(join({hex("08000000 00000100"), frame}), {.destination = 4789});
    for (const Piece& outer : cut(vxlan.size(), {24, 64})) {
      EXPECT_FALSE(payload);
      payload = reassembler.feed(fragment(GetParam(), vxlan, outer, outer_id));
    }
    ++outer_id;
  }
  EXPECT_EQ(payload, payload_);
  EXPECT_EQ(reassembler.counters().datagrams_reassembled, 4U);
  EXPECT_EQ(reassembler.counters().segments, 2U);
}

TEST_P(Fragments, OfOtherPortsEndAsSuch) {
  Reassembler reassembler;
  const Raw other = udp(pattern(24), {.destination = 5300});
  reassembler.feed(fragment(GetParam(), other, {0, 16, true}));
  EXPECT_FALSE(reassembler.feed(fragment(GetParam(), other, {16, 16, false})));
  EXPECT_EQ(reassembler.counters().other_port, 1U);
  EXPECT_EQ(reassembler.counters().datagrams_reassembled, 1U);
}

}  // namespace
}  // namespace zonelag::decoder
