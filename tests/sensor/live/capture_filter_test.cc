// The kernel's filter against three others: libpcap's compiler, our own decoder, and the kernel itself.
#include "capture_filter.h"

#include <gmock/gmock.h>
#include <pcap/pcap.h>

#include <memory>
#include <set>

#include "encapsulations.h"
#include "fragments.h"
#include "network.h"
#include "sensor/live/packet_filter.h"
#include "traffic/hostile.h"
#include "traffic/mix.h"

namespace zonelag::sensor {
namespace {

using decoder::LinkType;
using decoder::test::authentication;
using decoder::test::cut;
using decoder::test::ethernet;
using decoder::test::extension;
using decoder::test::Family;
using decoder::test::fragment;
using decoder::test::fragment_header;
using decoder::test::hex;
using decoder::test::ipv4;
using decoder::test::ipv6;
using decoder::test::pattern;
using decoder::test::Raw;
using decoder::test::tcp;
using decoder::test::udp;
using decoder::test::vlan;

// libpcap's interpreter; it knows no ancillary loads, so not for cooked packets.
bool passes(const Program& program, const Raw& frame) {
  std::vector<bpf_insn> code;
  for (const sock_filter& one : program) code.push_back({one.code, one.jt, one.jf, one.k});
  const auto size = static_cast<u_int>(frame.size());
  return bpf_filter(code.data(), reinterpret_cast<const u_char*>(frame.data()), size, size) != 0;
}

const Program kHost = capture_filter({});
const Program kMirror = capture_filter({.tunnels = true});

Raw raw_of(const traffic::MemorySink::Packet& packet) {
  const auto* const begin = reinterpret_cast<const std::byte*>(packet.bytes.data());
  return {begin, begin + packet.bytes.size()};
}

std::vector<Raw> mixed(std::uint64_t packets) {
  traffic::MemorySink sink;
  traffic::Progress silent;
  traffic::write_mix({.packets = packets, .templates = 512, .v6_percent = 30}, sink, silent);
  std::vector<Raw> frames;
  for (const auto& packet : sink.all()) frames.push_back(raw_of(packet));
  return frames;
}

std::vector<Raw> hostile(std::uint64_t packets) {
  traffic::MemorySink sink;
  traffic::Progress silent;
  traffic::write_hostile({.packets = packets}, sink, silent);
  std::vector<Raw> frames;
  for (const auto& packet : sink.all()) frames.push_back(raw_of(packet));
  return frames;
}

Raw v4(const Raw& payload) { return ethernet(0x0800, payload); }
Raw v6(const Raw& payload) { return ethernet(0x86dd, payload); }

// What has other ports, other protocols, or ports and pieces of pieces.
std::vector<Raw> neighbours() {
  const Raw data = pattern(40);
  std::vector<Raw> frames = {
      v4(ipv4(udp(data, {.source = 53, .destination = 1}))),
      v4(ipv4(udp(data, {.source = 52, .destination = 54}))),
      v4(ipv4(udp(data, {.source = 5353, .destination = 853}))),
      v4(ipv4(tcp(data, {.source = 853, .destination = 853}), {.protocol = 6})),
      v4(ipv4(tcp(data, {.source = 53, .destination = 1}), {.protocol = 6})),
      v4(ipv4(tcp(data, {.source = 443, .destination = 1}), {.protocol = 6})),
      v4(ipv4(udp(data), {.protocol = 1})),
      v4(ipv4(udp(data), {.options = hex("01010101 01010101")})),
      v4(ipv4(udp(data, {.destination = 54}), {.options = hex("00350035 00350035")})),
      v6(ipv6(udp(data, {.source = 53, .destination = 1}))),
      v6(ipv6(udp(data, {.source = 52, .destination = 54}))),
      v6(ipv6(tcp(data, {.source = 53, .destination = 1}), {.next = 6})),
      v6(ipv6(tcp(data, {.source = 443, .destination = 1}), {.next = 6})),
      v6(ipv6(udp(data), {.next = 58})),
      ethernet(0x0806, pattern(46)),
      ethernet(0x88cc, pattern(46)),
  };
  const Raw large = udp(pattern(100), {.destination = 9999});
  for (const Family family : {Family::v4, Family::v6}) {
    for (const auto& piece : cut(large.size(), {48, 96})) {
      const Raw packet = fragment(family, large, piece);
      frames.push_back(family == Family::v4 ? v4(packet) : v6(packet));
    }
  }
  return frames;
}

TEST(CaptureFilter, SaysOfUntaggedPacketsWhatLibpcapSays) {
  const auto reference = PacketFilter::compile(
      "udp port 53 or tcp port 53 or (ip and ip[6:2] & 0x3fff != 0) or (ip6 and ip6[6] = 44)", LinkType::ethernet);
  ASSERT_TRUE(reference) << reference.error();
  std::vector<Raw> frames = mixed(20'000);
  for (const Raw& frame : neighbours()) frames.push_back(frame);
  std::set<bool> answers;
  for (const Raw& frame : frames) {
    const bool wanted = reference->match(decoder::test::packet(LinkType::ethernet, frame));
    EXPECT_EQ(passes(kHost, frame), wanted) << test::hex_of(frame);
    answers.insert(wanted);
  }
  EXPECT_THAT(answers, testing::SizeIs(2));
}

// Whatever the decoder makes of a packet, it must have come through.
TEST(CaptureFilter, PassesAllThatTheDecoderDecodes) {
  decoder::FrameDecoder decoder{{}};
  std::uint64_t decoded = 0;
  for (const Raw& frame : hostile(60'000)) {
    const auto before = decoder.counters().fragments_kept;
    const bool used = decoder.decode(decoder::test::packet(LinkType::ethernet, frame)) != nullptr ||
                      decoder.counters().fragments_kept != before;
    if (!used) continue;
    ++decoded;
    EXPECT_TRUE(passes(kMirror, frame)) << test::hex_of(frame);
  }
  EXPECT_GT(decoded, 10'000U);
}

TEST(CaptureFilter, AtAMirrorPortPassesEveryEncapsulation) {
  const Program raw = capture_filter({.layout = FilterLayout::ip, .tunnels = true});
  int checked = 0;
  for (const auto& encapsulation : decoder::test::all_encapsulations()) {
    if (encapsulation.link != LinkType::ethernet && encapsulation.link != LinkType::raw) continue;
    const bool is_raw = encapsulation.link == LinkType::raw;
    EXPECT_TRUE(passes(is_raw ? raw : kMirror, encapsulation.bytes)) << encapsulation.name;
    ++checked;
  }
  EXPECT_GT(checked, 40);
}

TEST(CaptureFilter, LooksBehindTags) {
  const Raw yes4 = ipv4(udp({}));
  const Raw yes6 = ipv6(tcp({}, {.source = 53, .destination = 40000}), {.next = 6});
  const Raw no4 = ipv4(udp({}, {.destination = 54}));
  for (const unsigned type : {0x8100U, 0x88a8U, 0x9100U, 0x9200U}) {
    const auto tag = static_cast<std::uint16_t>(type);
    EXPECT_TRUE(passes(kHost, ethernet(tag, vlan(0x0800, yes4))));
    EXPECT_TRUE(passes(kHost, ethernet(tag, vlan(0x8100, vlan(0x86dd, yes6)))));
    EXPECT_TRUE(passes(kHost, ethernet(tag, vlan(0x8100, vlan(0x8100, vlan(0x0800, yes4))))));
    EXPECT_FALSE(passes(kHost, ethernet(tag, vlan(0x0800, no4))));
    EXPECT_FALSE(passes(kHost, ethernet(tag, vlan(0x8100, vlan(0x8100, vlan(0x0800, no4))))));
    EXPECT_FALSE(passes(kHost, ethernet(tag, vlan(0x0806, yes4))));
  }
  const Raw three = vlan(0x8100, vlan(0x8100, vlan(0x8100, vlan(0x0800, no4))));
  EXPECT_TRUE(passes(kHost, ethernet(0x8100, three))) << "more tags than it looks at: not for it to drop";
}

TEST(CaptureFilter, LooksBehindExtensionHeaders) {
  const auto chain = [](const Raw& payload) {
    return extension(60, 0, extension(43, 2, extension(51, 0, authentication(60, 4, extension(17, 1, payload)))));
  };
  EXPECT_TRUE(passes(kHost, v6(ipv6(chain(udp({})), {.next = 0}))));
  EXPECT_FALSE(passes(kHost, v6(ipv6(chain(udp({}, {.destination = 54})), {.next = 0}))));
  EXPECT_TRUE(
      passes(kHost, v6(ipv6(extension(44, 0, fragment_header(17, 8, 1, udp({}, {.destination = 54}))), {.next = 0}))));
  EXPECT_FALSE(passes(kHost, v6(ipv6(extension(59, 0, udp({})), {.next = 0})))) << "no next header";
  Raw deep = udp({}, {.destination = 54});
  for (int headers = 0; headers < 6; ++headers) deep = extension(headers == 0 ? 17 : 60, 0, deep);
  EXPECT_TRUE(passes(kHost, v6(ipv6(deep, {.next = 60})))) << "more headers than it looks at: not for it to drop";
}

TEST(CaptureFilter, TakesAListOfPorts) {
  std::vector<std::uint16_t> many;
  for (std::uint16_t port = 1000; port < 1600; ++port) many.push_back(port);
  const Program program = capture_filter({.ports = many});
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1000, 1300, 1599}) {
    EXPECT_TRUE(passes(program, test::numbered_frame(1, port)));
    EXPECT_TRUE(passes(program, v6(ipv6(tcp({}, {.source = port, .destination = 1}), {.next = 6}))));
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{999, 1600, 53})
    EXPECT_FALSE(passes(program, test::numbered_frame(1, port)));
}

TEST(CaptureFilter, HasAnAnswerForEveryLength) {
  for (const Raw& frame : {v4(ipv4(udp({}))), v6(ipv6(extension(17, 0, udp({})), {.next = 60}))}) {
    for (std::size_t size = 0; size <= frame.size(); ++size) {
      // Up to the destination port, the last that it reads.
      EXPECT_EQ(passes(kHost, decoder::test::first(frame, size)), size >= frame.size() - 4) << size;
    }
  }
}

class CaptureFilterInKernel : public test::NetworkTest {
 protected:
  // As the filter sees it: the kernel takes the outermost tag out first. libpcap puts it back.
  static Raw as_received(const Raw& frame) {
    const bool tagged = frame[12] == std::byte{0x81} && frame[13] == std::byte{0};
    const bool provider = frame[12] == std::byte{0x88} && frame[13] == std::byte{0xa8};
    if (!tagged && !provider) return frame;
    Raw inner = decoder::test::first(frame, 12);
    inner.insert(inner.end(), frame.begin() + 16, frame.end());
    return inner;
  }
  // In the kernel, of frames received and sent.
  static void expect_as_interpreted(const LiveConfig& config, const Program& program, const std::vector<Raw>& frames) {
    add_veth("v");
    const auto capture = test::open_one(config);
    std::vector<std::string> wanted;
    const test::Sender sender("vp");
    for (const Raw& frame : frames) {
      if (frame.size() < 60) continue;  // as if it had been padded
      sender.send(frame);
      if (passes(program, as_received(frame))) wanted.push_back(test::hex_of(frame));
    }
    sender.send(test::numbered_frame(99));
    wanted.push_back(test::hex_of(test::numbered_frame(99)));
    test::Collector collector;
    test::collect(*capture, collector, wanted.size());
    EXPECT_EQ(collector.data(), wanted);
    EXPECT_EQ(capture->figures().dropped, 0U);
  }
};

TEST_F(CaptureFilterInKernel, HostOfMixedTraffic) {
  auto frames = mixed(2000);
  for (const Raw& frame : neighbours()) frames.push_back(frame);
  expect_as_interpreted({.interfaces = {"v"}}, kHost, frames);
}

TEST_F(CaptureFilterInKernel, HostOfHostileTraffic) {
  expect_as_interpreted({.interfaces = {"v"}}, kHost, hostile(5000));
}

TEST_F(CaptureFilterInKernel, MirrorOfHostileTraffic) {
  expect_as_interpreted({.interfaces = {"v"}, .mirror = true}, kMirror, hostile(5000));
}

TEST_F(CaptureFilterInKernel, MirrorOfEveryEncapsulation) {
  std::vector<Raw> frames;
  for (const auto& encapsulation : decoder::test::all_encapsulations()) {
    if (encapsulation.link == LinkType::ethernet) frames.push_back(encapsulation.bytes);
  }
  expect_as_interpreted({.interfaces = {"v"}, .mirror = true}, kMirror, frames);
}

TEST_F(CaptureFilterInKernel, PortsAndTheUsersFilterToo) {
  add_veth("v");
  const auto capture =
      test::open_one({.interfaces = {"v"}, .ports = {53, 5353}, .filter = "not src host 192.0.2.9 and not ip6"});
  const auto from = [](const char* source, std::uint16_t port) {
    return v4(ipv4(udp(pattern(30), {.destination = port}), {.source = source}));
  };
  const test::Sender sender("vp");
  sender.send(from("192.0.2.9", 53));
  sender.send(from("192.0.2.1", 53));
  sender.send(from("192.0.2.1", 54));
  sender.send(v6(ipv6(udp(pattern(30)))));
  sender.send(from("192.0.2.2", 5353));
  test::Collector collector;
  test::collect(*capture, collector, 2);
  EXPECT_THAT(collector.data(),
              testing::ElementsAre(test::hex_of(from("192.0.2.1", 53)), test::hex_of(from("192.0.2.2", 5353))));
}

TEST_F(CaptureFilterInKernel, CookedPackets) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"any"}, .filter = "not src host 192.0.2.9"});
  const Raw yes4 = ipv4(udp(pattern(30)));
  const Raw yes6 = ipv6(extension(17, 0, udp(pattern(30))), {.next = 0});
  const test::Sender sender("vp");
  sender.send(v4(ipv4(udp(pattern(30)), {.source = "192.0.2.9"})));
  sender.send(v4(ipv4(udp(pattern(30), {.destination = 54}))));
  sender.send(v4(yes4));
  sender.send(v6(yes6));
  // One tag: of two, kernels from 6.11 on tell a cooked socket the type behind the second, and show it from the first.
  sender.send(ethernet(0x8100, vlan(0x0800, yes4)));
  test::Collector collector;
  test::collect(*capture, collector, 6);
  // Each once as it leaves vp and once as it comes to v.
  ASSERT_EQ(collector.all.size(), 6U);
  decoder::FrameDecoder decoder{{}};
  for (const auto& kept : collector.all) {
    const decoder::Packet packet{.data = kept.data, .wire_length = kept.wire_length, .link = kept.link};
    EXPECT_NE(decoder.decode(packet), nullptr) << test::hex_of(kept.data);
  }
}

}  // namespace
}  // namespace zonelag::sensor
