// What is found after a crash, or after the files were damaged: never a record that was not written, never an index
// twice.
#include <gmock/gmock.h>

#include <random>

#include "sensor/publish/spool.h"
#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kHeader = 24;
constexpr std::size_t kRecord = 10 + 3 + 1;  // with the key "key" and one byte

class SpoolDamageTest : public SpoolTest {
 protected:
  // Records "1" to "9", `in_segment` in each file.
  void write_nine(std::size_t in_segment) {
    config_.segment_bytes = kHeader + in_segment * kRecord;
    open();
    for (char digit = '1'; digit <= '9'; ++digit) append(std::string(1, digit));
    spool_.reset();
  }
  void flip(const std::filesystem::path& path, std::size_t byte) {
    std::string bytes = read_file(path);
    bytes.at(byte) = static_cast<char>(bytes[byte] ^ 0x10);
    write_file(path, bytes);
  }
  std::uint64_t next_index() { return spool_->append("key", "x"); }
};

TEST_F(SpoolDamageTest, EveryLengthOfTheLastSegment) {
  write_nine(9);
  const auto file = segments_in(folder()).at(0);
  const std::string whole = read_file(file);
  ASSERT_EQ(whole.size(), kHeader + 9 * kRecord);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    for (const std::string& behind : {std::string(), std::string(40, '\0')}) {  // a crash may leave zeros
      write_file(file, whole.substr(0, length) + (length == whole.size() ? "" : behind));
      open();
      const std::size_t records = length < kHeader ? 0 : (length - kHeader) / kRecord;
      const auto found = read_all(*spool_);
      ASSERT_EQ(found.size(), records) << length;
      for (std::size_t i = 0; i < records; ++i) ASSERT_EQ(found[i], fmt::format("{} key {}", i + 1, i + 1));
      EXPECT_EQ(spool_->figures().unreadable, 0U) << length;
      EXPECT_EQ(spool_->figures().waiting_records, records);
      EXPECT_EQ(spool_->figures().waiting_bytes, records * kRecord);
      EXPECT_GT(next_index(), records);
      spool_.reset();
      std::filesystem::remove_all(folder());
      std::filesystem::create_directory(folder());
    }
  }
}

TEST_F(SpoolDamageTest, DamageInTheMiddleCostsTheRestOfItsSegment) {
  write_nine(3);
  flip(segments_in(folder()).at(1), kHeader + kRecord + 12);
  open();
  EXPECT_EQ(spool_->figures().unreadable, 2U);
  EXPECT_EQ(spool_->figures().recovered, 7U);
  EXPECT_THAT(read_all(*spool_),
              ElementsAre("1 key 1", "2 key 2", "3 key 3", "4 key 4", "7 key 7", "8 key 8", "9 key 9"));
  spool_->delivered(9);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
  EXPECT_THAT(segments_in(folder()), IsEmpty());
}

TEST_F(SpoolDamageTest, DamageWithinTheLastSegmentIsNoTornTail) {
  write_nine(9);
  flip(segments_in(folder()).at(0), kHeader + 2 * kRecord + 12);
  open();
  EXPECT_EQ(spool_->figures().unreadable, 7U);
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1", "2 key 2"));
  EXPECT_GT(next_index(), 9U);
}

TEST_F(SpoolDamageTest, ASegmentWithoutItsHeader) {
  write_nine(3);
  flip(segments_in(folder()).at(0), 3);
  open();
  EXPECT_EQ(spool_->figures().unreadable, 3U);
  EXPECT_EQ(read_all(*spool_).size(), 6U);
}

TEST_F(SpoolDamageTest, DamageWhileItRuns) {
  config_.segment_bytes = kHeader + 3 * kRecord;
  open();
  for (char digit = '1'; digit <= '7'; ++digit) append(std::string(1, digit));
  flip(segments_in(folder()).at(0), kHeader + kRecord + 12);
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1", "4 key 4", "5 key 5", "6 key 6", "7 key 7"));
  EXPECT_EQ(spool_->figures().unreadable, 2U);
  EXPECT_EQ(spool_->figures().waiting_records, 5U);
  spool_->rewind();
  EXPECT_EQ(read_all(*spool_).size(), 5U);
  EXPECT_EQ(spool_->figures().unreadable, 2U);
  spool_->delivered(7);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
}

TEST_F(SpoolDamageTest, DamageOfTheActiveSegmentWhileItRuns) {
  open();
  for (const char* value : {"1", "2", "3"}) append(value);
  flip(segments_in(folder()).at(0), kHeader + kRecord + 12);
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1"));
  append("4");
  EXPECT_THAT(read_all(*spool_), ElementsAre("4 key 4"));
  EXPECT_EQ(spool_->figures().unreadable, 2U);
  EXPECT_EQ(spool_->figures().waiting_records, 2U);
}

TEST_F(SpoolDamageTest, AFileThatIsGoneWhileItRuns) {
  config_.segment_bytes = kHeader + 3 * kRecord;
  open();
  for (char digit = '1'; digit <= '7'; ++digit) append(std::string(1, digit));
  std::filesystem::remove(segments_in(folder()).at(1));
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1", "2 key 2", "3 key 3", "7 key 7"));
  EXPECT_EQ(spool_->figures().unreadable, 3U);
}

TEST_F(SpoolDamageTest, RandomBitsNeverMakeARecord) {
  write_nine(4);
  const auto kept = directory_.path() / "kept";
  std::filesystem::rename(folder(), kept);
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp): the same run each time
  for (int round = 0; round < 400; ++round) {
    std::filesystem::remove_all(folder());
    std::filesystem::copy(kept, folder());
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      const auto files = segments_in(folder());
      const auto& file = files[random() % files.size()];
      std::string bytes = read_file(file);
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
      write_file(file, bytes);
    }
    auto opened = Spool::open(config_, clock_);
    ASSERT_TRUE(opened) << opened.error();
    spool_ = std::move(*opened);
    std::uint64_t before = 0;
    while (const auto record = spool_->next()) {
      ASSERT_GT(record->index, before);
      before = record->index;
      ASSERT_EQ(record->key, "key");
      ASSERT_EQ(record->value, std::to_string(record->index));
    }
    ASSERT_GT(next_index(), 9U);  // the last one's torn tail may hold a ninth
    spool_.reset();
  }
}

TEST_F(SpoolDamageTest, AMarkThatIsBehindOrGoneCostsRepeatsOnly) {
  config_.segment_bytes = kHeader + 9 * kRecord;
  open();
  for (char digit = '1'; digit <= '9'; ++digit) append(std::string(1, digit));
  read_all(*spool_);
  clock_.advance(std::chrono::seconds(1));
  spool_->delivered(3);
  spool_->delivered(5);  // within 100 ms: not in the file yet
  open_copy();
  EXPECT_EQ(read_all(*spool_).front(), "4 key 4");
  spool_.reset();
  const std::string mark = read_file(folder() / "delivered");
  for (std::size_t byte = 0; byte < mark.size(); byte += byte == 19 ? 493 : 1) {  // two slots of 20 bytes
    write_file(folder() / "delivered", mark);
    flip(folder() / "delivered", byte);
    open();
    const auto first = read_all(*spool_).front();
    EXPECT_TRUE(first == "1 key 1" || first == "4 key 4") << byte << ": " << first;
    spool_.reset();
  }
  std::filesystem::remove(folder() / "delivered");
  open();
  EXPECT_EQ(read_all(*spool_).size(), 9U);
  EXPECT_EQ(next_index(), 10U);
}

TEST_F(SpoolDamageTest, AMarkBeyondAllSegmentsIsNotUsedAgain) {
  write_nine(9);
  open();
  read_all(*spool_);
  spool_->delivered(9);
  spool_.reset();
  for (const auto& segment : segments_in(folder())) std::filesystem::remove(segment);
  open();
  EXPECT_EQ(next_index(), 10U);
}

TEST_F(SpoolDamageTest, OtherFilesAreLeftAlone) {
  open();
  append("1");
  spool_.reset();
  const std::vector<std::string> others{"00000000000000000000.log", "99999999999999999999.log", "1.log", "notes",
                                        "0000000000000000000x.log"};
  for (const auto& name : others) write_file(folder() / name, "theirs");
  open();
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1"));
  spool_->delivered(1);
  spool_.reset();
  open();
  for (const auto& name : others) EXPECT_EQ(read_file(folder() / name), "theirs");
}

TEST_F(SpoolDamageTest, AnotherVersionIsAnErrorThatNamesTheFile) {
  // Header of version 2, first index 1; the checksum by Python's zlib.crc32.
  open();
  spool_.reset();
  const std::string name = "00000000000000000001.log";
  std::string header("zlspool\0\2\0\0\0\1\0\0\0\0\0\0\0", 20);
  header += "\x4F\x81\xB9\x7C";
  write_file(folder() / name, header);
  EXPECT_THAT(open_error(), HasSubstr(name));
  EXPECT_THAT(open_error(), HasSubstr("another version"));
  EXPECT_EQ(read_file(folder() / name), header);
}

}  // namespace
}  // namespace zonelag::sensor
