#include "traffic/pcap_writer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace zonelag::traffic {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string temporary(const std::string& name) { return testing::TempDir() + name; }

Bytes file_bytes(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Bytes write_one(Precision precision) {
  const std::string path = temporary("one.pcap");
  auto writer = PcapWriter::open(path, precision);
  EXPECT_TRUE(writer);
  const Bytes frame{0xaa, 0xbb};
  (*writer)->packet(Time{std::chrono::nanoseconds{1'000'000'002'123'456'789}}, frame, 60);
  EXPECT_TRUE((*writer)->close());
  EXPECT_EQ((*writer)->file_bytes(), 24U + 16 + 2);
  return file_bytes(path);
}

TEST(PcapWriter, WritesNanoseconds) {
  const Bytes expected{0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0,  0, 0,    0,    0,    0,
                       0,    0,    0,    0,    4, 0, 1, 0, 0,  0, 0x02, 0xca, 0x9a, 0x3b,
                       0x15, 0xcd, 0x5b, 0x07, 2, 0, 0, 0, 60, 0, 0,    0,    0xaa, 0xbb};
  EXPECT_EQ(write_one(Precision::kNano), expected);
}

TEST(PcapWriter, WritesMicrosecondsRoundedDown) {
  const Bytes bytes = write_one(Precision::kMicro);
  EXPECT_EQ((Bytes{bytes.begin(), bytes.begin() + 4}), (Bytes{0xd4, 0xc3, 0xb2, 0xa1}));
  EXPECT_EQ((Bytes{bytes.begin() + 28, bytes.begin() + 32}), (Bytes{0x40, 0xe2, 0x01, 0}));  // 123456
}

TEST(PcapWriter, SaysWhichFileItCannotOpen) {
  const auto writer = PcapWriter::open("/no/such/folder/x.pcap", Precision::kNano);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error(), "cannot write '/no/such/folder/x.pcap': No such file or directory");
}

TEST(PcapWriter, AFullDiskIsSeenAndSaid) {
  auto writer = PcapWriter::open("/dev/full", Precision::kNano);
  ASSERT_TRUE(writer);
  const Bytes frame(60'000);
  for (int i = 0; i < 100 && !(*writer)->failed(); ++i) (*writer)->packet(kDefaultStart, frame);
  EXPECT_TRUE((*writer)->failed());
  const auto closed = (*writer)->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error(), "cannot write '/dev/full': No space left on device");
}

}  // namespace
}  // namespace zonelag::traffic
