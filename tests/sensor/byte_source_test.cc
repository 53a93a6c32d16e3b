#include "sensor/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <map>
#include <random>

#include "capture_bytes.h"
#include "captured.h"

namespace zonelag::sensor {
namespace {

using testing::HasSubstr;

std::string gzip(const std::string& plain) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  std::string input = plain;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& plain) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size()));
  return packed;
}

std::string xz(const std::string& plain) {
  std::string packed(lzma_stream_buffer_bound(plain.size()), '\0');
  std::size_t used = 0;
  if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(plain.data()),
                              plain.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &used,
                              packed.size()) != LZMA_OK) {
    throw std::runtime_error("lzma");
  }
  packed.resize(used);
  return packed;
}

std::string lz4(const std::string& plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  std::string packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

struct Format {
  const char* name;
  std::string (*pack)(const std::string&);
};

class Compressed : public testing::TestWithParam<Format> {
 protected:
  static std::string pack(const std::string& plain) { return GetParam().pack(plain); }
  // Packing it with xz takes a second.
  static const std::string& packed_large_capture();
};

INSTANTIATE_TEST_SUITE_P(Formats, Compressed,
                         testing::Values(Format{"gzip", gzip}, Format{"zstd", zstd}, Format{"xz", xz},
                                         Format{"lz4", lz4}),
                         [](const auto& format) { return format.param.name; });

constexpr std::size_t kLarge = 2000;  // packets

// Larger than several buffers, and hard to pack, so that the compressed data is too.
std::string large_capture() {
  std::mt19937_64 random(3);
  CaptureBytes file;
  file.pcap_header();
  for (std::uint32_t i = 0; i < kLarge; ++i) {
    std::string data(random() % 3000, '\0');
    std::generate(data.begin(), data.end(), [&] { return static_cast<char>(random()); });
    file.pcap_packet(i, 0, data, 3000);
  }
  return file.bytes();
}

const std::string& Compressed::packed_large_capture() {
  static std::map<std::string, std::string> packed;
  std::string& own = packed[GetParam().name];
  if (own.empty()) own = pack(large_capture());
  return own;
}

std::string small_capture() {
  CaptureBytes file;
  file.pcap_header().pcap_packet(1, 0, "abc", 60).pcap_packet(2, 0, "defghi", 60).pcap_packet(3, 0, "", 60);
  return file.bytes();
}

TEST_P(Compressed, IsRecognisedByContent) {
  const auto plain = large_capture();
  const auto read = read_bytes(packed_large_capture());
  EXPECT_EQ(read.packets.size(), kLarge);
  EXPECT_TRUE(read.packets == read_bytes(plain).packets);
  EXPECT_TRUE(read.problems.empty());
}

TEST_P(Compressed, MembersInARowAreOneStream) {
  const auto plain = large_capture();
  const auto cut = plain.size() / 3;
  const auto parts = pack(plain.substr(0, cut)) + pack("") + pack(plain.substr(cut));
  const auto read = read_bytes(parts);
  EXPECT_TRUE(read.packets == read_bytes(plain).packets);
  EXPECT_TRUE(read.problems.empty());
}

TEST_P(Compressed, CutAtEveryByte) {
  const auto plain = small_capture();
  const auto whole = read_bytes(plain).packets;
  const auto packed = pack(plain);
  for (std::size_t length = 6; length < packed.size(); ++length) {
    const auto read = read_bytes(packed.substr(0, length));
    ASSERT_LE(read.packets.size(), whole.size()) << length;
    EXPECT_TRUE(std::equal(read.packets.begin(), read.packets.end(), whole.begin())) << length;
    ASSERT_EQ(read.problems.size(), 1U) << length;
    EXPECT_EQ(read.problems[0].fault, CaptureFault::cut_compression) << length;
    EXPECT_THAT(read.problems[0].text,
                HasSubstr(std::string(": ") + GetParam().name + " data cut at offset " + std::to_string(length)));
  }
}

TEST_P(Compressed, WhatCameBeforeACutIsUsed) {
  const auto& packed = packed_large_capture();
  const auto read = read_bytes(packed.substr(0, packed.size() * 2 / 3));
  EXPECT_GT(read.packets.size(), kLarge / 2);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_THAT(read.problems[0].text,
              HasSubstr("; the " + std::to_string(read.packets.size()) + " packets before were used"));
}

TEST_P(Compressed, WhatCameBeforeDamageIsUsed) {
  const auto whole = read_bytes(large_capture()).packets;
  auto packed = packed_large_capture();
  const std::size_t damage = packed.size() * 2 / 3;
  for (std::size_t i = 0; i < 200; ++i) packed[damage + i] = static_cast<char>(packed[damage + i] ^ 0x5a);
  const auto read = read_bytes(packed);
  // Data that does not pack is stored: then only a checksum at the end tells, and a changed packet is believed.
  ASSERT_GE(read.packets.size(), kLarge / 2);
  EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + kLarge / 2, read.packets.begin()));
  ASSERT_FALSE(read.problems.empty());
  EXPECT_FALSE(is_warning(read.problems.back().fault));
}

TEST_P(Compressed, DamageIsNamedWithItsOffset) {
  const auto packed = pack(small_capture());
  const auto read = read_bytes(packed + "garbage behind it");
  EXPECT_EQ(read.packets, read_bytes(small_capture()).packets);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_EQ(read.problems[0].fault, CaptureFault::damaged_compression);
  const std::string text = read.problems[0].text;
  const std::string what = std::string(": damaged ") + GetParam().name + " data at offset ";
  ASSERT_THAT(text, HasSubstr(what));
  // Where it is noticed: within the header that is none.
  const auto offset = std::stoul(text.substr(text.find(what) + what.size()));
  EXPECT_GE(offset, packed.size());
  EXPECT_LT(offset, packed.size() + 17);
}

TEST_P(Compressed, NothingIsEmptyAndNoCaptureIsSaid) {
  const auto nothing = read_bytes(pack(""));
  ASSERT_EQ(nothing.problems.size(), 1U);
  EXPECT_EQ(nothing.problems[0].fault, CaptureFault::empty);
  const auto text = read_bytes(pack("this is a text"));
  ASSERT_EQ(text.problems.size(), 1U);
  EXPECT_EQ(text.problems[0].fault, CaptureFault::not_a_capture);
  const auto twice = read_bytes(pack(pack(small_capture())));
  ASSERT_EQ(twice.problems.size(), 1U);
  EXPECT_EQ(twice.problems[0].fault, CaptureFault::not_a_capture);
}

TEST_P(Compressed, CanBeGivenUpAtAnyPoint) {
  const TemporaryFile file(packed_large_capture());
  {
    const auto unread = open_capture(file.path());
  }
  const auto begun = open_capture(file.path(), kMinBuffer);
  ASSERT_TRUE(begun);
  EXPECT_FALSE((*begun)->next_batch().empty());
}

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  bool write(const std::string& bytes) const {
    return ::write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  }

 private:
  int ends_[2] = {-1, -1};
};

// The writer lives on and sends nothing more: what it has sent is handed out, and nobody waits for it at the end.
TEST_P(Compressed, APipeThatPausesHoldsNothingUp) {
  const Pipe pipe;
  ASSERT_TRUE(pipe.write(pack(small_capture())));
  auto source = open_capture(pipe.path());
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_EQ((*source)->next_batch().size(), 3U);
}

TEST(ByteSource, APlainPipeThatPausesHoldsNothingUp) {
  const Pipe pipe;
  ASSERT_TRUE(pipe.write(small_capture()));
  auto source = open_capture(pipe.path());
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_EQ((*source)->next_batch().size(), 3U);
}

TEST(ByteSource, GzipMayBePaddedWithZeros) {
  const auto read = read_bytes(gzip(small_capture()) + std::string(512, '\0'));
  EXPECT_EQ(read.packets.size(), 3U);
  EXPECT_TRUE(read.problems.empty());
}

std::string skippable(const std::string& content) {
  return CaptureBytes().u32(0x184d2a53).u32(static_cast<std::uint32_t>(content.size())).text(content).bytes();
}

TEST(ByteSource, SkippableFramesArePassedOver) {
  for (const auto pack : {zstd, lz4}) {
    const auto read = read_bytes(skippable("") + skippable("pzstd") + pack(small_capture()) + skippable("end"));
    EXPECT_EQ(read.packets.size(), 3U);
    EXPECT_TRUE(read.problems.empty());
  }
}

TEST(ByteSource, ChecksumsAreChecked) {
  auto packed = gzip(small_capture());
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
  const auto read = read_bytes(packed);
  EXPECT_EQ(read.packets.size(), 3U);
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_THAT(read.problems[0].text, HasSubstr("incorrect data check"));
}

TEST(ByteSource, AWindowThatMovesOn) {
  std::string content(3 * kMinBuffer + 5, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i % 251);
  const TemporaryFile file(content);
  auto opened = ByteSource::open(file.path(), kMinBuffer);
  ASSERT_TRUE(opened);
  ByteSource& bytes = **opened;
  const auto first = [&] { return std::to_integer<std::size_t>(bytes.available()[0]); };
  ASSERT_TRUE(bytes.need(2 * kMinBuffer));
  bytes.consume(kMinBuffer + 1);
  EXPECT_EQ(bytes.offset(), kMinBuffer + 1);
  EXPECT_EQ(first(), (kMinBuffer + 1) % 251);
  ASSERT_TRUE(bytes.skip(kMinBuffer));
  EXPECT_EQ(bytes.offset(), 2 * kMinBuffer + 1);
  EXPECT_EQ(first(), (2 * kMinBuffer + 1) % 251);
  EXPECT_TRUE(bytes.need(kMinBuffer + 4));
  EXPECT_FALSE(bytes.need(kMinBuffer + 5));
  EXPECT_EQ(first(), (2 * kMinBuffer + 1) % 251);  // nothing is lost by asking for too much
  EXPECT_TRUE(bytes.skip(kMinBuffer + 4));
  EXPECT_FALSE(bytes.skip(1));
  EXPECT_FALSE(bytes.problem().has_value());
}

}  // namespace
}  // namespace zonelag::sensor
