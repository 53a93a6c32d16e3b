#include "traffic/hostile.h"

#include <gtest/gtest.h>

#include "traffic/pcap_writer.h"

namespace zonelag::traffic {
namespace {

Summary run(MemorySink& sink, const HostileOptions& options) {
  Progress silent;
  return write_hostile(options, sink, silent);
}

TEST(Hostile, EqualArgumentsGiveEqualPackets) {
  MemorySink first, second, other;
  run(first, {.packets = 20'000});
  run(second, {.packets = 20'000});
  run(other, {.seed = 2, .packets = 20'000});
  EXPECT_EQ(first.all(), second.all());
  EXPECT_NE(first.all(), other.all());
}

TEST(Hostile, FramingStaysValid) {
  MemorySink sink;
  run(sink, {.packets = 50'000});
  EXPECT_GE(sink.all().size(), 50'000U);
  std::uint64_t cut = 0;
  for (const auto& packet : sink.all()) {
    EXPECT_LE(packet.bytes.size(), packet.wire_size);
    EXPECT_LE(packet.wire_size, PcapWriter::kSnapLength);
    EXPECT_GE(packet.time, kDefaultStart);
    cut += packet.bytes.size() < packet.wire_size ? 1 : 0;
  }
  EXPECT_GT(cut, 1000U);
}

TEST(Hostile, KindsHaveAboutEqualShares) {
  MemorySink sink;
  const Summary summary = run(sink, {.packets = 50'000});
  ASSERT_EQ(summary.classes.size(), 5U);
  for (const auto& [kind, packets] : summary.classes) EXPECT_GT(packets, 9'000U) << kind;
}

TEST(Hostile, OnlyTheKindsAskedFor) {
  MemorySink sink;
  const Summary summary = run(sink, {.packets = 1000, .kinds = {*parse_hostile_kind("fragment")}});
  for (const auto& [kind, packets] : summary.classes) EXPECT_EQ(packets > 0, kind == "fragment");
  EXPECT_FALSE(parse_hostile_kind("other"));
}

}  // namespace
}  // namespace zonelag::traffic
