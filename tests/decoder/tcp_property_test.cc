// Random streams, cut, shuffled, repeated, overlapped and dropped, against a reassembler that keeps every byte in a
// map.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tcp_talk.h"

namespace zonelag::decoder {
namespace {

using Rng = std::mt19937;

std::size_t draw(Rng& rng, std::size_t low, std::size_t high) {
  return std::uniform_int_distribution<std::size_t>(low, high)(rng);
}

struct Cut {
  Side from;
  std::size_t offset;
  std::string bytes;
  std::uint32_t missing = 0;  // snapped at the end
};

struct Stream {
  std::string bytes;
  std::map<std::size_t, char> seen;  // the reference: the first copy of each byte
};

// A connection's data segments in the order of their capture.
class Scenario {
 public:
  explicit Scenario(std::uint32_t seed) : rng_(seed) {
    for (Stream& stream : streams) stream.bytes = random_text(draw(rng_, 0, 3000));
    const std::size_t largest = draw(rng_, 1, 400);
    for (const Side side : {Side::client, Side::server}) cut(side, largest);
  }

  // Repeats some bytes with other boundaries; bytes that differ from the first copy are not to be believed.
  void overlap(std::size_t count, bool with_other_bytes) {
    for (std::size_t i = 0; i < count && !cuts.empty(); ++i) {
      const Side side = cuts[draw(rng_, 0, cuts.size() - 1)].from;
      const std::string& bytes = stream(side).bytes;
      const std::size_t offset = draw(rng_, 0, bytes.size() - 1);
      const std::size_t length = draw(rng_, 1, std::min<std::size_t>(500, bytes.size() - offset));
      Cut extra{.from = side, .offset = offset, .bytes = bytes.substr(offset, length)};
      if (with_other_bytes) extra.bytes = random_text(length);
      cuts.insert(cuts.begin() + static_cast<std::ptrdiff_t>(draw(rng_, 0, cuts.size())), extra);
    }
  }

  void shuffle(std::size_t window) {
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      std::swap(cuts[i], cuts[draw(rng_, i, std::min(i + window, cuts.size() - 1))]);
    }
  }

  void drop(std::size_t percent) {
    std::erase_if(cuts, [&](const Cut&) { return draw(rng_, 1, 100) <= percent; });
  }

  void snap(std::size_t percent) {
    for (Cut& piece : cuts) {
      if (draw(rng_, 1, 100) > percent) continue;
      const std::size_t kept = draw(rng_, 0, piece.bytes.size() - 1);
      piece.missing = static_cast<std::uint32_t>(piece.bytes.size() - kept);
      piece.bytes.resize(kept);
    }
  }

  // Bytes that were snapped first and are captured later stay lost; they are marked in the reference by position.
  void run(TcpTalk& talk) {
    for (const Side side : {Side::client, Side::server}) talk.isn(side, static_cast<std::uint32_t>(rng_()) | wrap_bits);
    talk.open();
    for (const Cut& piece : cuts) {
      talk.send(piece.from, static_cast<std::int64_t>(piece.offset), piece.bytes, piece.missing);
      for (std::size_t i = 0; i < piece.bytes.size() + piece.missing; ++i) {
        const char byte = i < piece.bytes.size() ? piece.bytes[i] : kLost;
        stream(piece.from).seen.try_emplace(piece.offset + i, byte);
      }
    }
  }

  void close(TcpTalk& talk) {
    for (const Side side : {Side::client, Side::server}) talk.fin(side, std::ssize(stream(side).bytes));
  }

  std::string expected_bytes(Side side) {
    std::string bytes;
    for (const auto& [offset, byte] : stream(side).seen) {
      if (byte != kLost) bytes += byte;
    }
    return bytes;
  }

  // Runs of bytes that were not seen, as far as the stream goes.
  std::vector<SeenHole> expected_holes(Side side) {
    std::vector<SeenHole> holes;
    for (std::size_t i = 0; i < stream(side).bytes.size(); ++i) {
      const auto seen = stream(side).seen.find(i);
      if (seen != stream(side).seen.end() && seen->second != kLost) continue;
      if (holes.empty() || holes.back().offset + holes.back().length != i) holes.push_back({.offset = i, .length = 0});
      ++holes.back().length;
    }
    return holes;
  }

  Stream& stream(Side side) { return streams[static_cast<std::size_t>(side)]; }

  std::uint32_t wrap_bits = 0;
  std::array<Stream, 2> streams;
  std::vector<Cut> cuts;

 private:
  static constexpr char kLost = 0;  // not among random_text's

  std::string random_text(std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(draw(rng_, 1, 127));
    return text;
  }

  void cut(Side side, std::size_t largest) {
    const std::string& bytes = stream(side).bytes;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t length = draw(rng_, 1, largest);
      cuts.push_back({.from = side, .offset = at, .bytes = bytes.substr(at, length)});
      at += length;
    }
  }

  Rng rng_;
};

// Adjacent holes are one: where a hole was noticed in parts does not matter.
std::vector<SeenHole> joined(const std::vector<SeenHole>& holes) {
  std::vector<SeenHole> joined;
  for (const SeenHole& hole : holes) {
    if (!joined.empty() && joined.back().offset + joined.back().length == hole.offset) {
      joined.back().length += hole.length;
    } else {
      joined.push_back(hole);
    }
  }
  return joined;
}

void expect_same(Scenario& scenario, const TcpTalk& talk, std::uint32_t seed) {
  ASSERT_EQ(talk.sink.seen().size(), 1U) << "seed " << seed;
  for (const Side side : {Side::client, Side::server}) {
    const SeenSide& seen = talk.seen().side(side);
    ASSERT_EQ(seen.bytes, scenario.expected_bytes(side)) << "seed " << seed;
    ASSERT_EQ(joined(seen.holes), scenario.expected_holes(side)) << "seed " << seed;
    ASSERT_EQ(seen.length, scenario.stream(side).bytes.size()) << "seed " << seed;
    ASSERT_TRUE(seen.is_finished) << "seed " << seed;
  }
  ASSERT_EQ(talk.tcp.held_bytes(), 0U);
}

constexpr std::uint32_t kSeeds = 400;

TEST(TcpProperty, WithoutLossEveryByteArrivesOnce) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.wrap_bits = seed % 2 == 0 ? 0xffff'fc00 : 0;
    scenario.overlap(seed % 20, false);
    scenario.shuffle(seed % 30);
    TcpTalk talk;
    scenario.run(talk);
    scenario.close(talk);
    ASSERT_EQ(talk.seen().end, TcpEnd::closed) << "seed " << seed;
    ASSERT_EQ(talk.counters().holes, 0U) << "seed " << seed;
    expect_same(scenario, talk, seed);
  }
}

TEST(TcpProperty, TheFirstCopyWins) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.overlap(1 + seed % 20, true);
    scenario.shuffle(seed % 30);
    TcpTalk talk;
    scenario.run(talk);
    scenario.close(talk);
    expect_same(scenario, talk, seed);
  }
}

TEST(TcpProperty, HolesAreExactlyWhatWasDropped) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.wrap_bits = seed % 2 == 0 ? 0xffff'fc00 : 0;
    scenario.overlap(seed % 10, true);
    scenario.shuffle(seed % 30);
    scenario.drop(1 + seed % 60);
    TcpTalk talk;
    scenario.run(talk);
    scenario.close(talk);
    talk.finish();
    expect_same(scenario, talk, seed);
  }
}

TEST(TcpProperty, AcknowledgedHolesCloseTheConnectionInTime) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.shuffle(seed % 30);
    scenario.drop(1 + seed % 60);
    TcpTalk talk;
    scenario.run(talk);
    scenario.close(talk);
    const auto client_end = std::ssize(scenario.stream(Side::client).bytes) + 1;
    const auto server_end = std::ssize(scenario.stream(Side::server).bytes) + 1;
    talk.ack(Side::client, server_end, client_end);
    talk.ack(Side::server, client_end, server_end);
    talk.wait(std::chrono::seconds(2));
    ASSERT_EQ(talk.seen().end, TcpEnd::closed) << "seed " << seed;
    expect_same(scenario, talk, seed);
  }
}

TEST(TcpProperty, SnappedBytesStayLost) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.overlap(seed % 10, false);
    scenario.snap(10);
    scenario.shuffle(seed % 30);
    TcpTalk talk;
    scenario.run(talk);
    scenario.close(talk);
    expect_same(scenario, talk, seed);
  }
}

// Under limits bytes may be given up that come later, but what is delivered is right and in its place.
TEST(TcpProperty, UnderLimitsWhatIsDeliveredIsInItsPlace) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Scenario scenario(seed);
    scenario.shuffle(seed % 100);
    scenario.drop(seed % 20);
    TcpTalk talk({.max_held_bytes = seed * 5, .max_held_bytes_of_side = seed * 3});
    scenario.run(talk);
    scenario.close(talk);
    talk.finish();
    for (const Side side : {Side::client, Side::server}) {
      std::string left = scenario.stream(side).bytes;
      const std::vector<SeenHole>& holes = talk.seen().side(side).holes;
      for (auto hole = holes.rbegin(); hole != holes.rend(); ++hole) left.erase(hole->offset, hole->length);
      ASSERT_EQ(talk.seen().side(side).bytes, left) << "seed " << seed;
      ASSERT_TRUE(talk.seen().side(side).is_finished) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace zonelag::decoder
