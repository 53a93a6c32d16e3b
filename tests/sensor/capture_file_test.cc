#include "sensor/capture_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <thread>

#include "capture_bytes.h"
#include "captured.h"
#include "libpcap_reader.h"

namespace zonelag::sensor {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

bool is_capture(const fs::path& path) {
  return fs::is_regular_file(path) && path.filename().string().find(".pcap") != std::string::npos;
}

std::string unpacker(const fs::path& path) {
  static const std::map<std::string, std::string> kTools{
      {".gz", "gzip -dc"}, {".zst", "zstd -dcq"}, {".xz", "xz -dc"}, {".lz4", "lz4 -dcq"}};
  const auto found = kTools.find(path.extension().string());
  return (found == kTools.end() ? "cat" : found->second) + " '" + path.string() + "'";
}

std::vector<fs::path> real_captures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ZONELAG_SOURCE_DIR) / "pcaps")) {
    if (is_capture(entry.path())) paths.push_back(entry.path());
  }
  return paths;
}

TEST(CaptureFile, ReadsRealCapturesAsLibpcapDoes) {
  const auto paths = real_captures();
  ASSERT_GT(paths.size(), 50U);
  for (const auto& path : paths) {
    auto source = open_capture(path.string());
    ASSERT_TRUE(source) << source.error().text;
    const Captured ours = read_all(**source);
    const auto theirs = read_with_libpcap(::popen(unpacker(path).c_str(), "r"));
    EXPECT_EQ(ours.packets.size(), theirs.size()) << path;
    EXPECT_TRUE(ours.packets == theirs) << path;
    EXPECT_TRUE(ours.problems.empty()) << path;
    EXPECT_GT(theirs.size(), 0U) << path;
    EXPECT_EQ((*source)->bytes_read(), fs::file_size(path)) << path;
    EXPECT_EQ((*source)->total_bytes(), fs::file_size(path)) << path;
  }
}

// The smallest buffer, so that packets lie across its ends at many places.
TEST(CaptureFile, BufferSizeMakesNoDifference) {
  for (const char* name : {"big-A/incoming.pcap.xz", "provision/s4.pcapng", "big-tsig-A/s1.pcap.zst"}) {
    const std::string path = (fs::path(ZONELAG_SOURCE_DIR) / "pcaps" / name).string();
    auto large = open_capture(path);
    auto small = open_capture(path, kMinBuffer);
    ASSERT_TRUE(large && small) << name;
    EXPECT_TRUE(read_all(**large).packets == read_all(**small).packets) << name;
  }
}

TEST(CaptureFile, ABatchIsBoundedAndItsViewsLast) {
  CaptureBytes file;
  file.pcap_header();
  for (std::uint32_t i = 0; i < kBatch + 1; ++i) file.pcap_packet(i, 0, std::to_string(i), 60);
  const TemporaryFile on_disk(file.bytes());
  auto source = open_capture(on_disk.path());
  ASSERT_TRUE(source);
  const auto first = (*source)->next_batch();
  ASSERT_EQ(first.size(), kBatch);
  const auto& last = first.back().data;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(last.data()), last.size()), std::to_string(kBatch - 1));
  EXPECT_EQ((*source)->next_batch().size(), 1U);
  EXPECT_TRUE((*source)->next_batch().empty());
  EXPECT_TRUE((*source)->next_batch().empty());
}

CaptureProblem refusal(const std::string& content) {
  const TemporaryFile file(content);
  auto source = open_capture(file.path());
  if (source) return {CaptureFault::corrupt, "was accepted"};
  EXPECT_THAT(source.error().text, StartsWith(file.path() + ": "));
  EXPECT_EQ(source.error().text.find('\n'), std::string::npos);
  EXPECT_FALSE(is_warning(source.error().fault));
  return source.error();
}

TEST(CaptureFile, SaysWhyAFileCannotBeOpened) {
  const auto absent = open_capture("/nonexistent/x.pcap");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().fault, CaptureFault::cannot_open);
  EXPECT_EQ(absent.error().text, "/nonexistent/x.pcap: No such file or directory");
  const auto folder = open_capture("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().fault, CaptureFault::is_directory);
  EXPECT_EQ(folder.error().text, "/: is a directory");
}

TEST(CaptureFile, SaysWhatAFileThatIsNoCaptureLooksLike) {
  EXPECT_EQ(refusal("").fault, CaptureFault::empty);
  const auto text = refusal("example.at. 3600 IN SOA ns.example.at. x. 1 2 3 4 5\n");
  EXPECT_EQ(text.fault, CaptureFault::not_a_capture);
  EXPECT_THAT(text.text, AllOf(HasSubstr("begins with 65 78 61 6d"), EndsWith("(looks like text)")));
  EXPECT_THAT(refusal("ab").text, HasSubstr("looks like text"));
  EXPECT_THAT(refusal("PK\x03\x04 and so on").text, HasSubstr("zip archive"));
  EXPECT_THAT(refusal(std::string("snoop\0\0\0\0\0\0\2", 12)).text, HasSubstr("Solaris snoop"));
  EXPECT_THAT(refusal(std::string(40, '\0')).text, HasSubstr("nothing but zeros"));
  EXPECT_THAT(refusal(std::string("\0\0\0\0\0\0\0\x22\0\0\0\2\0\0\0\1\0\0\0\x16", 20) + "protobuf:dnstap.Dnstap").text,
              HasSubstr("dnstap"));
  EXPECT_THAT(refusal("\x01\x02\x03\x04\x05").text, EndsWith("begins with 01 02 03 04 05"));
}

TEST(CaptureFile, NamesAnUnknownLinkType) {
  const auto usb = refusal(CaptureBytes().pcap_header(0xa1b2c3d4, 189).pcap_packet(1, 0, "x", 1).bytes());
  EXPECT_EQ(usb.fault, CaptureFault::unknown_link);
  EXPECT_THAT(usb.text, EndsWith("link type 189 (USB_LINUX) is not known to zonelag"));
  const auto nameless = refusal(CaptureBytes().pcap_header(0xa1b2c3d4, 60000).bytes());
  EXPECT_THAT(nameless.text, EndsWith("link type 60000 is not known to zonelag"));
}

TEST(CaptureFile, OpensSeveralOrNamesTheFirstThatFails) {
  const TemporaryFile good(CaptureBytes().pcap_header().bytes());
  const auto both = open_captures({good.path(), good.path()});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->size(), 2U);
  const auto one = open_captures({good.path(), "/nonexistent/a", "/nonexistent/b"});
  ASSERT_FALSE(one);
  EXPECT_THAT(one.error().text, StartsWith("/nonexistent/a: "));
}

// Standard input as the pipe of a shell would be, given in pieces that fit no packet.
class StandardInput {
 public:
  explicit StandardInput(std::string content) : saved_(::dup(STDIN_FILENO)) {
    int ends[2];
    if (::pipe(ends) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0) throw std::runtime_error("no pipe");
    ::close(ends[0]);
    writer_ = std::jthread([content = std::move(content), end = ends[1]] {
      for (std::size_t at = 0; at < content.size(); at += 7) {
        const auto piece = std::min<std::size_t>(7, content.size() - at);
        if (::write(end, content.data() + at, piece) < 0) break;
      }
      ::close(end);
    });
  }
  ~StandardInput() {
    writer_.join();
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
  std::jthread writer_;
};

TEST(CaptureFile, ReadsStandardInput) {
  CaptureBytes file;
  file.pcap_header();
  for (std::uint32_t i = 0; i < 1000; ++i) file.pcap_packet(i, i, std::string(i % 97, 'x'), 1500);
  const auto expected = read_bytes(file.bytes());
  ASSERT_EQ(expected.packets.size(), 1000U);
  const StandardInput input(file.bytes());
  auto source = open_capture("-");
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_EQ((*source)->total_bytes(), 0U);
  EXPECT_TRUE(read_all(**source).packets == expected.packets);
  EXPECT_EQ((*source)->bytes_read(), file.bytes().size());
}

TEST(CaptureFile, NamesStandardInput) {
  const StandardInput input("no capture");
  const auto source = open_capture("-");
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().text, StartsWith("standard input: not a pcap"));
}

}  // namespace
}  // namespace zonelag::sensor
