#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "capture_bytes.h"
#include "captured.h"
#include "libpcap_reader.h"

namespace zonelag::sensor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint16_t kUsb = 189;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint16_t kTimeOffset = 14;

std::vector<CapturedPacket> by_libpcap(const std::string& content) {
  const TemporaryFile file(content);
  return read_with_libpcap(std::fopen(file.path().c_str(), "rb"));
}

std::vector<std::uint64_t> numbers(const Captured& captured) {
  std::vector<std::uint64_t> all;
  for (const auto& packet : captured.packets) all.push_back(packet.number);
  return all;
}

std::string resolution(std::uint8_t value) { return std::string(1, static_cast<char>(value)); }

TEST(PcapngFormat, BothByteOrders) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    CaptureBytes file(order);
    file.section().interface(1).enhanced(0, 0x0005'1122'3344'5566, "abc", 60).enhanced(0, 7, "", 1500, "");
    const std::vector<CapturedPacket> expected{{0x0005'1122'3344'5566 * 1000, 60, "abc", 1, 1}, {7000, 1500, "", 1, 2}};
    const auto ours = read_bytes(file.bytes());
    EXPECT_EQ(ours.packets, expected);
    EXPECT_TRUE(ours.problems.empty());
    EXPECT_EQ(by_libpcap(file.bytes()), expected);
  }
}

TEST(PcapngFormat, SectionsHaveTheirOwnByteOrderAndInterfaces) {
  CaptureBytes first(std::endian::little);
  first.section().interface(101).interface(1).enhanced(1, 1, "a", 1);
  CaptureBytes second(std::endian::big);
  second.section().interface(113).enhanced(0, 2, "b", 1);
  const auto read = read_bytes(first.bytes() + second.bytes() + first.bytes());
  ASSERT_EQ(read.packets.size(), 3U);
  EXPECT_EQ(read.packets[0].link, 1);
  EXPECT_EQ(read.packets[1], (CapturedPacket{2000, 1, "b", 113, 2}));
  EXPECT_TRUE(read.problems.empty());
  // The second section knows nothing of the first one's interfaces.
  second.enhanced(1, 3, "c", 1);
  const auto stray = read_bytes(first.bytes() + second.bytes());
  EXPECT_EQ(stray.packets.size(), 2U);
  ASSERT_EQ(stray.problems.size(), 1U);
  EXPECT_THAT(stray.problems[0].text, HasSubstr("(packet 3) is of interface 1, which was not described"));
}

TEST(PcapngFormat, PacketsOfSeveralInterfaces) {
  CaptureBytes file;
  const auto nano = file.same_order().option(kTimeResolution, resolution(9)).bytes();
  file.section().interface(1).interface(276, nano);
  file.enhanced(1, 5, "ab", 2).enhanced(0, 5, "cd", 3);
  EXPECT_THAT(read_bytes(file.bytes()).packets,
              ElementsAre(CapturedPacket{5, 2, "ab", 276, 1}, CapturedPacket{5000, 3, "cd", 1, 2}));
}

struct Unit {
  std::uint8_t resolution;
  std::int64_t offset;
  std::uint64_t ticks;
  std::int64_t nanoseconds;
};

std::string one_packet(const Unit& unit) {
  CaptureBytes file;
  CaptureBytes options = file.same_order();
  options.option(2, "eth0").option(kTimeResolution, resolution(unit.resolution));
  options.option(kTimeOffset, file.same_order().u64(static_cast<std::uint64_t>(unit.offset)).bytes()).u32(0);
  return file.section().interface(1, options.bytes()).enhanced(0, unit.ticks, "x", 1).bytes();
}

TEST(PcapngFormat, UnitsOfTime) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const std::vector<Unit> units{
      {0, 0, 1700000000, 1700000000 * kSecond},
      {3, 0, 1700000000123, 1700000000 * kSecond + 123'000'000},
      {6, 1000, 1700000000123456, 1700001000 * kSecond + 123'456'000},
      {9, 0, 1700000000123456789, 1700000000123456789},
      {9, -1700000000, 0, -1700000000 * kSecond},
      {9, 1700000000, 123456789, 1700000000123456789},
      {12, 1700000000, 123456789999, 1700000000123456789},
      {19, 0, kMost, kSecond + 844'674'407},
      {127, 7, kMost, 7 * kSecond},
      {0x80, 0, 1700000000, 1700000000 * kSecond},
      {0x80 + 1, 0, 3, kSecond + kSecond / 2},
      {0x80 + 10, 0, 1024 + 512, kSecond + kSecond / 2},
      {0x80 + 32, 0, (1700000000ULL << 32) + (1ULL << 31), 1700000000 * kSecond + kSecond / 2},
      {0x80 + 64, 0, 1ULL << 63, kSecond / 2},
      {0x80 + 127, 3, kMost, 3 * kSecond},
      // Beyond what 64 bits of nanoseconds hold.
      {9, 0, static_cast<std::uint64_t>(kMax), kMax},
      {9, 0, static_cast<std::uint64_t>(kMax) + 1, kMax},
      {0, 0, kMost, kMax},
      {6, kMax, 1, kMax},
      {6, kMin, 1, kMin},
  };
  for (const auto& unit : units) {
    const auto read = read_bytes(one_packet(unit));
    ASSERT_EQ(read.packets.size(), 1U) << int{unit.resolution};
    EXPECT_EQ(read.packets[0].nanoseconds, unit.nanoseconds) << int{unit.resolution} << " " << unit.ticks;
  }
}

TEST(PcapngFormat, UnitsOfTimeAsLibpcap) {
  for (const Unit& unit :
       {Unit{3, 5, 1700000000123, 0}, Unit{6, 0, 1700000000123456, 0}, Unit{7, 1, 17000000001234567, 0},
        Unit{9, 0, 1700000000123456789, 0}, Unit{0x80 + 20, 2, 1700000000ULL << 20 | 0x80000, 0}}) {
    const auto file = one_packet(unit);
    EXPECT_EQ(read_bytes(file).packets, by_libpcap(file)) << int{unit.resolution};
  }
}

TEST(PcapngFormat, SimplePacketsHaveTheTimeBefore) {
  CaptureBytes file;
  file.section().interface(1, {}, 4).simple("abcd", 90).enhanced(0, 3, "xyz", 60).simple("efgh", 90).simple("ij", 2);
  const auto read = read_bytes(file.bytes());
  EXPECT_THAT(read.packets, ElementsAre(CapturedPacket{0, 90, "abcd", 1, 1}, CapturedPacket{3000, 60, "xyz", 1, 2},
                                        CapturedPacket{3000, 90, "efgh", 1, 3}, CapturedPacket{3000, 2, "ij", 1, 4}));
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::no_time);
  EXPECT_THAT(read.problems[0].text, HasSubstr("packet 1 has no time of its own"));
}

TEST(PcapngFormat, SnapLengthBoundsASimplePacket) {
  CaptureBytes file;
  file.section().interface(1, {}, 5).simple("abcdefgh", 90);  // the block is padded beyond what was captured
  EXPECT_EQ(read_bytes(file.bytes()).packets.at(0).data, "abcde");
}

TEST(PcapngFormat, ObsoletePackets) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    CaptureBytes file(order);
    file.section().interface(101).interface(1).obsolete(1, 9, "abcde", 60);
    EXPECT_THAT(read_bytes(file.bytes()).packets, ElementsAre(CapturedPacket{9000, 60, "abcde", 1, 1}));
  }
}

std::string with_other_blocks() {
  CaptureBytes file;
  const std::string frame(60, '\0');
  file.section().interface(1).enhanced(0, 1000, frame, 60);
  file.block(4, file.same_order().u32(0).bytes());                                // name resolution
  file.block(5, file.same_order().u32(0).u64(1).bytes());                         // interface statistics
  file.block(10, file.same_order().u32(0x544c534b).u32(4).text("abcd").bytes());  // decryption secrets
  file.block(0x1234, "what may come").enhanced(0, 2000, frame, 60);
  file.block(0xbad, file.same_order().u32(4711).text("abcd").bytes()).enhanced(0, 3000, frame, 60);
  file.block(0x40000bad, file.same_order().u32(4711).text("abcd").bytes()).enhanced(0, 4000, frame, 60);
  file.block(9, "__REALTIME_TIMESTAMP=1234567890123456\nA=b\n\n").simple(frame, 60).obsolete(0, 5000, frame, 60);
  return file.bytes();
}

TEST(PcapngFormat, OtherBlocksArePassedOver) {
  const auto read = read_bytes(with_other_blocks());
  EXPECT_THAT(numbers(read), ElementsAre(1, 2, 4, 6, 8, 9));
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::no_time);
}

TEST(PcapngFormat, NumbersPacketsAsTsharkDoes) {
  if (std::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tshark is not installed";
  const TemporaryFile file(with_other_blocks());
  const std::string command = "tshark -r " + file.path() + " -Y eth -T fields -e frame.number 2>/dev/null";
  const std::unique_ptr<std::FILE, decltype(&pclose)> output(::popen(command.c_str(), "r"), &pclose);
  std::vector<std::uint64_t> theirs;
  for (unsigned number = 0; std::fscanf(output.get(), "%u", &number) == 1;) theirs.push_back(number);
  EXPECT_EQ(theirs, numbers(read_bytes(with_other_blocks())));
}

TEST(PcapngFormat, PacketsOfAnUnknownLinkTypeAreCountedAndSaid) {
  CaptureBytes file;
  file.section().interface(kUsb).interface(1).enhanced(0, 1, "usb", 3).enhanced(1, 2, "eth", 3).enhanced(0, 3, "u", 1);
  const auto read = read_bytes(file.bytes());
  EXPECT_THAT(read.packets, ElementsAre(CapturedPacket{2000, 3, "eth", 1, 2}));
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::interface_skipped);
  EXPECT_THAT(read.problems[0].text,
              HasSubstr("2 packets of interface 0 were passed over: link type 189 (USB_LINUX) is not known"));
  // They are told also when the file is cut thereafter.
  const auto cut = read_bytes(file.bytes().substr(0, file.bytes().size() - 1));
  EXPECT_EQ(cut.problems.size(), 2U);
}

TEST(PcapngFormat, NothingButAnUnknownLinkTypeIsAnError) {
  const auto read = read_bytes(CaptureBytes().section().interface(kUsb).enhanced(0, 1, "usb", 3).bytes());
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::unknown_link);
  EXPECT_THAT(read.problems[0].text, HasSubstr("link type 189 (USB_LINUX) is not known to zonelag"));
}

// Returns the one problem after `good` packets.
std::string problem_after(std::size_t good, const std::string& content) {
  const auto read = read_bytes(content);
  EXPECT_EQ(read.packets.size(), good);
  if (read.problems.size() != 1) return "problems: " + std::to_string(read.problems.size());
  EXPECT_EQ(read.problems[0].fault, CaptureFault::corrupt);
  return read.problems[0].text;
}

class LyingPcapng : public testing::Test {
 protected:
  LyingPcapng() { file_.section().interface(1).enhanced(0, 1, "abc", 60); }
  std::string at() const { return "at offset " + std::to_string(offset_); }
  std::string with(const std::string& block) { return file_.bytes() + block; }

  CaptureBytes file_;
  const std::size_t offset_ = 28 + 20 + 36;
};

TEST_F(LyingPcapng, Lengths) {
  const auto packet = [&](std::uint32_t first, std::uint32_t last, std::uint32_t captured) {
    auto block = file_.same_order();
    block.u32(6).u32(first).u32(0).u32(0).u32(0).u32(captured).u32(60).u32(0).u32(last);
    return with(block.bytes());
  };
  EXPECT_EQ(read_bytes(packet(36, 36, 4)).packets.size(), 2U);
  EXPECT_THAT(problem_after(1, packet(36, 36, 5)), HasSubstr(at() + " (packet 2) claims 5 captured bytes"));
  EXPECT_THAT(problem_after(1, packet(36, 36, 0xffffffff)), HasSubstr("claims 4294967295 captured bytes"));
  EXPECT_THAT(problem_after(1, packet(36, 40, 4)), HasSubstr("enhanced packet block " + at() + " has two lengths"));
  for (const std::uint32_t length : {0U, 8U, 12U, 28U, 34U, 0xfffffffcU}) {
    EXPECT_THAT(problem_after(1, packet(length, 36, 0)), HasSubstr(at() + " claims a length of")) << length;
  }
}

TEST_F(LyingPcapng, LengthsOfBlocksThatArePassedOver) {
  const auto block = [&](std::uint32_t first, std::uint32_t last) {
    return with(file_.same_order().u32(0x77).u32(first).u32(0).u32(last).bytes());
  };
  EXPECT_TRUE(read_bytes(block(16, 16)).problems.empty());
  EXPECT_THAT(problem_after(1, block(16, 20)), HasSubstr("block of type 0x77 " + at() + " has two lengths"));
  for (const std::uint32_t length : {0U, 8U, 14U, (16U << 20) + 4}) {
    EXPECT_THAT(problem_after(1, block(length, length)), HasSubstr(at() + " claims a length of")) << length;
  }
}

TEST_F(LyingPcapng, SectionsAndInterfaces) {
  EXPECT_THAT(problem_after(1, with(file_.same_order().u32(0x0a0d0d0a).u32(28).u32(1).u64(0).u64(0).bytes())),
              HasSubstr("section header " + at() + " has no byte-order magic"));
  const auto options = file_.same_order().u16(kTimeResolution).u16(5).u32(0).bytes();
  EXPECT_THAT(problem_after(1, with(file_.same_order().interface(1, options).bytes())),
              HasSubstr("interface description " + at() + " has options that do not fit"));
  const auto long_resolution = file_.same_order().option(kTimeResolution, "ab").bytes();
  EXPECT_THAT(problem_after(1, with(file_.same_order().interface(1, long_resolution).bytes())), HasSubstr("options"));
  EXPECT_THAT(problem_after(1, with(file_.same_order().enhanced(1, 0, "", 0).bytes())),
              HasSubstr("(packet 2) is of interface 1, which was not described"));
}

TEST(PcapngFormat, OnlyVersion1) {
  auto body = CaptureBytes().u32(0x1a2b3c4d).u16(2).u16(0).u64(~0ULL);
  const auto read = read_bytes(CaptureBytes().block(0x0a0d0d0a, body.bytes()).bytes());
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::unsupported_version);
  EXPECT_THAT(read.problems[0].text, HasSubstr("pcapng version 2.0"));
}

TEST(PcapngFormat, OptionsOfPacketsArePassedOver) {
  CaptureBytes file;
  const auto options = file.same_order().option(2, std::string(60'000, 'x')).u32(0).bytes();
  file.section().interface(1).enhanced(0, 1, "abc", 60, options).enhanced(0, 2, "de", 2);
  EXPECT_EQ(read_bytes(file.bytes()).packets.size(), 2U);
  EXPECT_EQ(read_bytes(file.bytes()).packets, by_libpcap(file.bytes()));
}

TEST(PcapngFormat, CutAtEveryByte) {
  CaptureBytes file;
  const std::size_t header = file.section().bytes().size();
  std::vector<std::pair<std::size_t, std::size_t>> ends{{header, 0}};  // of a block, packets up to there
  ends.emplace_back(file.interface(1).bytes().size(), 0);
  ends.emplace_back(file.enhanced(0, 1, "abcde", 60).bytes().size(), 1);
  ends.emplace_back(file.block(5, "statistics").bytes().size(), 1);
  ends.emplace_back(file.obsolete(0, 1, "", 60).bytes().size(), 2);
  ends.emplace_back(file.section().bytes().size(), 2);
  ends.emplace_back(file.interface(1).bytes().size(), 2);
  ends.emplace_back(file.enhanced(0, 1, "abc", 60).bytes().size(), 3);
  for (std::size_t length = 1; length <= file.bytes().size(); ++length) {
    const auto read = read_bytes(file.bytes().substr(0, length));
    std::size_t packets = 0;
    bool clean = false;
    for (const auto& [end, count] : ends) {
      if (end <= length) packets = count;
      clean = clean || end == length;
    }
    ASSERT_EQ(read.packets.size(), packets) << length;
    ASSERT_EQ(read.problems.size(), clean ? 0U : 1U) << length;
    if (clean) continue;
    EXPECT_EQ(read.problems[0].fault, length < header ? CaptureFault::not_a_capture : CaptureFault::cut_short)
        << length;
  }
}

TEST(PcapngFormat, SaysWhereItWasCut) {
  CaptureBytes file;
  file.section().interface(1).enhanced(0, 1, "abcde", 60).enhanced(0, 1, "abcde", 60);
  const auto read = read_bytes(file.bytes().substr(0, file.bytes().size() - 3));
  EXPECT_THAT(read.problems.at(0).text,
              HasSubstr(": cut in packet 2: 37 of its block's 40 bytes; the packet before was used"));
}

}  // namespace
}  // namespace zonelag::sensor
