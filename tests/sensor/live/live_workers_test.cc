// Several workers: a fanout group.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "decoder/frame.h"
#include "fragments.h"
#include "network.h"
#include "traffic/mix.h"

namespace zonelag::sensor {
namespace {

using test::Collector;
using test::hex_of;
using test::Raw;

class LiveWorkersTest : public test::NetworkTest, public testing::WithParamInterface<std::uint32_t> {
 protected:
  // Frames that go in by way of `interfaces` in turn, and what each worker got.
  static std::vector<Collector> capture(const std::vector<std::string>& interfaces, const std::vector<Raw>& frames,
                                        std::uint32_t workers) {
    const auto captures = test::open_or_fail({.interfaces = interfaces, .workers = workers});
    EXPECT_EQ(captures.size(), workers);
    for (const std::string& interface : interfaces) test::Sender(interface + "p").send(frames);
    std::vector<Collector> collectors(captures.size());
    for (std::size_t at = 0; at < captures.size(); ++at) test::collect(*captures[at], collectors[at], 0);
    for (std::size_t at = 0; at < captures.size(); ++at) {
      EXPECT_EQ(captures[at]->figures().dropped, 0U);
      EXPECT_EQ(captures[at]->figures().packets, collectors[at].all.size());
    }
    return collectors;
  }
};

using Flow = std::set<decoder::Endpoint>;

std::set<Flow> flows_of(const Collector& collector) {
  decoder::FrameDecoder decoder{{}};
  std::set<Flow> flows;
  for (const auto& kept : collector.all) {
    const auto* const segment = decoder.decode({.data = kept.data, .wire_length = kept.wire_length, .link = kept.link});
    if (segment != nullptr) flows.insert({segment->source, segment->destination});
  }
  return flows;
}

std::vector<Raw> mixed() {
  traffic::MemorySink sink;
  traffic::Progress silent;
  traffic::write_mix({.packets = 6000, .v6_percent = 30}, sink, silent);
  std::vector<Raw> frames;
  for (const auto& packet : sink.all()) {
    const auto* const begin = reinterpret_cast<const std::byte*>(packet.bytes.data());
    frames.emplace_back(begin, begin + packet.bytes.size());
  }
  return frames;
}

// Also by way of two interfaces: the queries of a flow may come on one, and its answers leave on the other.
TEST_P(LiveWorkersTest, ShareThePacketsByFlow) {
  add_veth("v");
  add_veth("w");
  const auto frames = mixed();
  const auto collectors = capture({"v", "w"}, frames, GetParam());
  std::multiset<std::string> sent;
  for (const Raw& frame : frames) {
    sent.insert(hex_of(frame));
    sent.insert(hex_of(frame));
  }
  std::multiset<std::string> got;
  std::map<Flow, int> workers_of;
  for (const Collector& collector : collectors) {
    EXPECT_GT(collector.all.size(), frames.size() / 8);
    for (auto& text : collector.data()) got.insert(text);
    for (const Flow& flow : flows_of(collector)) ++workers_of[flow];
  }
  EXPECT_EQ(got, sent);
  for (const auto& [flow, workers] : workers_of) EXPECT_EQ(workers, 1) << flow.begin()->address.to_string();
}

TEST_P(LiveWorkersTest, KeepFragmentsTogether) {
  using decoder::test::Family;
  add_veth("v");
  std::vector<Raw> frames;
  constexpr int kDatagrams = 120;
  for (int number = 0; number < kDatagrams; ++number) {
    const Raw datagram = decoder::test::udp(decoder::test::pattern(400));
    for (const auto& piece : decoder::test::cut(datagram.size(), {104, 208})) {
      const std::size_t at = piece.offset;
      const Raw bytes(datagram.begin() + static_cast<std::ptrdiff_t>(at),
                      datagram.begin() + static_cast<std::ptrdiff_t>(at + piece.length));
      const auto client = static_cast<unsigned>(number / 2);
      const std::string v4 = "192.0.2." + std::to_string(client + 1);
      const std::string v6 = "2001:db8::" + std::to_string(client + 1);
      const auto more = static_cast<std::uint16_t>(piece.more ? 1 : 0);
      const auto offset = static_cast<std::uint16_t>(at);
      if (number % 2 == 0) {
        const auto word = static_cast<std::uint16_t>(offset / 8 | more << 13);
        frames.push_back(decoder::test::ethernet(
            0x0800, decoder::test::ipv4(bytes, {.source = v4.c_str(), .id = 7, .fragment = word})));
      } else {
        const auto word = static_cast<std::uint16_t>(offset | more);
        frames.push_back(
            decoder::test::ethernet(0x86dd, decoder::test::ipv6(decoder::test::fragment_header(17, word, 7, bytes),
                                                                {.next = 44, .source = v6.c_str()})));
      }
    }
  }
  std::size_t whole = 0;
  for (const Collector& collector : capture({"v"}, frames, GetParam())) {
    EXPECT_GT(collector.all.size(), 0U);
    whole += flows_of(collector).size();
  }
  EXPECT_EQ(whole, kDatagrams);
}

INSTANTIATE_TEST_SUITE_P(Workers, LiveWorkersTest, testing::Values(2, 3), testing::PrintToStringParamName());

}  // namespace
}  // namespace zonelag::sensor
