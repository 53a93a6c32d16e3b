#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_bytes.h"
#include "captured.h"
#include "libpcap_reader.h"

namespace zonelag::sensor {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kMicro = 0xa1b2c3d4;
constexpr std::uint32_t kNano = 0xa1b23c4d;
constexpr std::uint32_t kModified = 0xa1b2cd34;
constexpr std::int64_t kSecond = 1'000'000'000;

std::vector<CapturedPacket> by_libpcap(const std::string& content) {
  const TemporaryFile file(content);
  return read_with_libpcap(std::fopen(file.path().c_str(), "rb"));
}

TEST(PcapFormat, BothByteOrdersAndBothPrecisions) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    for (const auto magic : {kMicro, kNano}) {
      CaptureBytes file(order);
      file.pcap_header(magic).pcap_packet(1700000000, 999999, "abc", 60).pcap_packet(1700000001, 1, "", 1500);
      const Captured ours = read_bytes(file.bytes());
      const std::int64_t tick = magic == kMicro ? 1000 : 1;
      const std::vector<CapturedPacket> expected{{1700000000 * kSecond + 999999 * tick, 60, "abc", 1, 1},
                                                 {1700000001 * kSecond + tick, 1500, "", 1, 2}};
      EXPECT_EQ(ours.packets, expected);
      EXPECT_EQ(by_libpcap(file.bytes()), expected);
      EXPECT_TRUE(ours.problems.empty());
    }
  }
}

TEST(PcapFormat, ModifiedHasEightBytesMore) {
  CaptureBytes file(std::endian::big);
  file.pcap_header(kModified);
  for (const std::string data : {"abc", "defg"}) {
    const auto length = static_cast<std::uint32_t>(data.size());
    file.u32(5).u32(6).u32(length).u32(60).u32(2).u16(0x800).u16(0).text(data);
  }
  const std::vector<CapturedPacket> expected{{5 * kSecond + 6000, 60, "abc", 1, 1},
                                             {5 * kSecond + 6000, 60, "defg", 1, 2}};
  EXPECT_EQ(read_bytes(file.bytes()).packets, expected);
  EXPECT_EQ(by_libpcap(file.bytes()), expected);
}

TEST(PcapFormat, FcsBitsAreNoPartOfTheLinkType) {
  const auto file = CaptureBytes().pcap_header(kNano, 0x44000000U | 1U).pcap_packet(1, 2, "abcd", 4);
  EXPECT_EQ(read_bytes(file.bytes()).packets, by_libpcap(file.bytes()));
  EXPECT_EQ(read_bytes(file.bytes()).packets.at(0).link, 1);
}

TEST(PcapFormat, OnlyVersion24) {
  const auto with_minor = [](std::uint16_t minor) {
    return CaptureBytes().u32(kMicro).u16(2).u16(minor).u32(0).u32(0).u32(65535).u32(1).bytes();
  };
  EXPECT_TRUE(read_bytes(with_minor(4)).problems.empty());
  for (const std::uint16_t minor : {std::uint16_t{3}, std::uint16_t{5}}) {
    const auto refused = read_bytes(with_minor(minor));
    ASSERT_EQ(refused.problems.size(), 1U);
    EXPECT_EQ(refused.problems[0].fault, CaptureFault::unsupported_version);
    EXPECT_THAT(refused.problems[0].text, HasSubstr("pcap version 2." + std::to_string(minor)));
  }
}

TEST(PcapFormat, TimesUpTo2106) {
  const auto file = CaptureBytes().pcap_header(kNano).pcap_packet(0xffffffff, 999'999'999, "x", 1);
  EXPECT_EQ(read_bytes(file.bytes()).packets.at(0).nanoseconds, 4294967295 * kSecond + 999'999'999);
}

TEST(PcapFormat, AFractionOfASecondOrMoreIsAddedAndSaidOnce) {
  CaptureBytes file;
  file.pcap_header(kMicro).pcap_packet(10, 999'999, "x", 1).pcap_packet(10, 1'000'000, "x", 1);
  const auto read = read_bytes(file.pcap_packet(10, 0xffffffff, "x", 1).bytes());
  ASSERT_EQ(read.packets.size(), 3U);
  EXPECT_EQ(read.packets[1].nanoseconds, 11 * kSecond);
  EXPECT_EQ(read.packets[2].nanoseconds, 10 * kSecond + 4'294'967'295'000);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::odd_time);
  EXPECT_THAT(read.problems[0].text, HasSubstr("packet 2 has 1000000 microseconds"));
}

// The largest packet that is believed, the first that is not; a larger snaplen in the header is honoured, to a limit.
TEST(PcapFormat, CapturedLengthHasALimit) {
  struct Case {
    std::uint32_t snaplen, captured;
    bool believed;
  };
  for (const auto& each : {Case{65535, kMaxCaptured, true}, Case{65535, kMaxCaptured + 1, false},
                           Case{300'000, 300'000, true}, Case{300'000, 300'001, false},
                           Case{0xffffffff, kHardMaxCaptured, true}, Case{0xffffffff, kHardMaxCaptured + 1, false}}) {
    CaptureBytes file;
    file.pcap_header(kNano, 1, each.snaplen).pcap_packet(1, 0, "first", 5);
    file.pcap_packet(2, 0, std::string(each.captured, 'x'), each.captured).pcap_packet(3, 0, "last", 4);
    const auto read = read_bytes(file.bytes());
    EXPECT_EQ(read.packets.size(), each.believed ? 3U : 1U) << each.captured;
    ASSERT_EQ(read.problems.size(), each.believed ? 0U : 1U) << each.captured;
    if (each.believed) continue;
    EXPECT_EQ(read.problems[0].fault, CaptureFault::corrupt);
    EXPECT_THAT(read.problems[0].text, HasSubstr("corrupt at packet 2 (offset 45)"));
  }
}

TEST(PcapFormat, CutAtEveryByte) {
  CaptureBytes file;
  file.pcap_header();
  std::vector<std::size_t> ends{file.bytes().size()};
  for (const std::string data : {"abc", "", "0123456789"}) {
    ends.push_back(file.pcap_packet(1, 0, data, 90).bytes().size());
  }
  for (std::size_t length = 1; length <= file.bytes().size(); ++length) {
    const auto read = read_bytes(file.bytes().substr(0, length));
    const auto whole = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), length) - ends.begin());
    const bool clean = std::find(ends.begin(), ends.end(), length) != ends.end();
    ASSERT_EQ(read.packets.size(), whole == 0 ? 0 : whole - 1) << length;
    ASSERT_EQ(read.problems.size(), clean ? 0U : 1U) << length;
    if (clean) continue;
    EXPECT_EQ(read.problems[0].fault, whole == 0 ? CaptureFault::not_a_capture : CaptureFault::cut_short) << length;
  }
}

TEST(PcapFormat, SaysWhereItWasCut) {
  CaptureBytes file;
  file.pcap_header().pcap_packet(1, 0, "abc", 90);
  const std::size_t second = file.bytes().size();
  file.pcap_packet(1, 0, "0123456789", 90);
  const auto in_header = read_bytes(file.bytes().substr(0, second + 7));
  EXPECT_THAT(in_header.problems.at(0).text,
              HasSubstr(": cut in the header of packet 2: 7 of 16 bytes; the packet before was used"));
  const auto in_data = read_bytes(file.bytes().substr(0, second + 20));
  EXPECT_THAT(in_data.problems.at(0).text, HasSubstr(": cut in packet 2: 4 of 10 bytes; the packet before was used"));
  const auto in_first = read_bytes(file.bytes().substr(0, 41));
  EXPECT_THAT(in_first.problems.at(0).text, HasSubstr(": cut in packet 1: 1 of 3 bytes; no packet came before"));
  EXPECT_TRUE(is_warning(in_first.problems.at(0).fault));
}

}  // namespace
}  // namespace zonelag::sensor
