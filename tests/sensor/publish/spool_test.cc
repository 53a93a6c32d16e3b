#include "sensor/publish/spool.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kHeader = 24;      // of a segment; docs/spool.md
constexpr std::uint64_t kRecord = 10 + 3;  // of a record with this key, and no value

TEST_F(SpoolTest, ReadsBackInOrderWhatWasFlushed) {
  open();
  EXPECT_EQ(spool_->append("a", "one"), 1U);
  EXPECT_EQ(spool_->append("b", ""), 2U);
  EXPECT_FALSE(spool_->next());
  spool_->flush();
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 a one", "2 b "));
  EXPECT_EQ(spool_->figures().waiting_records, 2U);
  EXPECT_EQ(spool_->figures().waiting_bytes, 2 * 10 + 1 + 3 + 1U);
  spool_->delivered(2);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
  EXPECT_EQ(spool_->figures().waiting_bytes, 0U);
  spool_->rewind();
  EXPECT_FALSE(spool_->next());
}

TEST_F(SpoolTest, RewindsToTheFirstThatWasNotDelivered) {
  open();
  for (const char* value : {"1", "2", "3", "4"}) append(value);
  read_all(*spool_);
  spool_->delivered(2);
  spool_->rewind();
  EXPECT_THAT(read_all(*spool_), ElementsAre("3 key 3", "4 key 4"));
  spool_->rewind();
  spool_->delivered(3);  // sent before rewind()
  EXPECT_THAT(read_all(*spool_), ElementsAre("4 key 4"));
  EXPECT_EQ(spool_->figures().waiting_records, 1U);
}

TEST_F(SpoolTest, ContinuesAfterARestart) {
  open();
  for (const char* value : {"1", "2", "3"}) append(value);
  read_all(*spool_);
  spool_->delivered(1);
  spool_->append("key", "closing flushes");
  open();
  EXPECT_EQ(spool_->figures().recovered, 3U);
  EXPECT_EQ(spool_->append("key", "5"), 5U);
  spool_->flush();
  EXPECT_THAT(read_all(*spool_), ElementsAre("2 key 2", "3 key 3", "4 key closing flushes", "5 key 5"));
}

TEST_F(SpoolTest, NeverUsesAnIndexAgainWhenAllIsDelivered) {
  for (std::uint64_t index = 1; index <= 5; ++index) {
    open();
    EXPECT_EQ(spool_->append("key", "value"), index);
    spool_->flush();
    EXPECT_TRUE(spool_->next());
    spool_->delivered(index);
  }
}

TEST_F(SpoolTest, TakesTheLargestRecordAndCountsALargerOne) {
  open();
  const std::string key(0xFFFF, 'k');
  const std::string value(1U << 20U, 'v');
  EXPECT_EQ(spool_->append(key, value), 1U);
  EXPECT_EQ(spool_->append(key + 'k', ""), 0U);
  EXPECT_EQ(spool_->append("", value + 'v'), 0U);
  EXPECT_EQ(spool_->append("", "next"), 2U);
  spool_->flush();
  EXPECT_EQ(spool_->figures().dropped_size, 2U);
  const auto record = spool_->next();
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->key == key && record->value == value);
  EXPECT_THAT(read_all(*spool_), ElementsAre("2  next"));
}

TEST_F(SpoolTest, RollsSegmentsAtTheirLimitAndRemovesThemWhenDelivered) {
  config_.segment_bytes = kHeader + 2 * kRecord + 2;  // two records with one byte each, exactly
  open();
  for (const char* value : {"1", "2", "3", "4", "5"}) append(value);
  EXPECT_EQ(segments_in(folder()).size(), 3U);
  EXPECT_EQ(std::filesystem::file_size(segments_in(folder())[0]), config_.segment_bytes);
  read_all(*spool_);
  spool_->delivered(1);
  EXPECT_EQ(segments_in(folder()).size(), 3U);
  spool_->delivered(4);
  EXPECT_EQ(segments_in(folder()).size(), 1U);
  EXPECT_EQ(spool_->figures().disk_bytes, std::filesystem::file_size(segments_in(folder())[0]));
}

TEST_F(SpoolTest, AnIdleSpoolKeepsAtMostOneSmallSegment) {
  config_.segment_bytes = 8000;
  open();
  append(std::string(2000, 'x'));
  EXPECT_TRUE(spool_->next());
  spool_->delivered(1);
  spool_->maintain();
  EXPECT_THAT(segments_in(folder()), IsEmpty());
  append("2");
  EXPECT_THAT(read_all(*spool_), ElementsAre("2 key 2"));
  spool_->delivered(2);
  spool_->maintain();
  EXPECT_EQ(segments_in(folder()).size(), 1U);
}

TEST_F(SpoolTest, GivesUpTheOldestSegmentBeyondTheSizeLimit) {
  config_.segment_bytes = kHeader + kRecord + 1;  // a record a segment
  config_.max_bytes = 4 * config_.segment_bytes;
  open();
  for (const char* value : {"1", "2", "3", "4"}) append(value);
  EXPECT_EQ(spool_->figures().dropped_size, 0U);
  EXPECT_EQ(spool_->figures().disk_bytes, config_.max_bytes);
  append("5");
  EXPECT_EQ(spool_->figures().dropped_size, 1U);
  EXPECT_EQ(spool_->figures().waiting_records, 4U);
  EXPECT_THAT(read_all(*spool_), ElementsAre("2 key 2", "3 key 3", "4 key 4", "5 key 5"));
  spool_->rewind();
  config_.max_bytes = 2 * config_.segment_bytes;
  spool_->reconfigure(config_);
  EXPECT_EQ(spool_->figures().dropped_size, 3U);
  EXPECT_THAT(read_all(*spool_), ElementsAre("4 key 4", "5 key 5"));
}

// The producer has it already: it is lost only when that fails.
TEST_F(SpoolTest, WhatWasReadBeforeItIsGivenUpMayStillBeDelivered) {
  config_.segment_bytes = kHeader + kRecord + 1;  // a record a segment
  config_.max_bytes = 4 * config_.segment_bytes;
  open();
  for (const char* value : {"1", "2", "3", "4"}) append(value);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(spool_->next());
  for (const char* value : {"5", "6", "7"}) append(value);
  EXPECT_EQ(spool_->figures().dropped(), 0U);
  EXPECT_EQ(spool_->figures().waiting_records, 7U);
  spool_->delivered(2);
  EXPECT_EQ(spool_->figures().waiting_records, 5U);
  spool_->rewind();
  EXPECT_EQ(spool_->figures().dropped_size, 1U);
  EXPECT_EQ(spool_->figures().waiting_records, 4U);
  EXPECT_EQ(spool_->figures().waiting_bytes, 4 * (kRecord + 1));
  EXPECT_THAT(read_all(*spool_), ElementsAre("4 key 4", "5 key 5", "6 key 6", "7 key 7"));
  spool_->delivered(7);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
}

TEST_F(SpoolTest, GivesUpASegmentWhoseNewestRecordIsTooOld) {
  config_.max_age = std::chrono::hours(1);
  open();
  append("1");
  clock_.advance(std::chrono::minutes(30));
  append("2");
  clock_.advance(config_.max_age);
  spool_->maintain();
  EXPECT_EQ(spool_->figures().dropped_age, 0U);
  clock_.advance(decoder::Duration(1));
  spool_->maintain();
  EXPECT_EQ(spool_->figures().dropped_age, 2U);
  append("3");
  EXPECT_THAT(read_all(*spool_), ElementsAre("3 key 3"));
  config_.max_age = decoder::Duration(0);
  spool_->reconfigure(config_);
  clock_.advance(std::chrono::hours(24 * 365));
  spool_->maintain();
  EXPECT_EQ(spool_->figures().dropped_age, 2U);
}

TEST_F(SpoolTest, KnowsTheAgeOfWhatItFinds) {
  config_.max_age = std::chrono::hours(1);
  open();
  append("1");
  open();
  clock_.advance(config_.max_age - std::chrono::minutes(1));
  spool_->maintain();
  EXPECT_EQ(spool_->figures().dropped_age, 0U);
  clock_.advance(std::chrono::minutes(2));
  spool_->maintain();
  EXPECT_EQ(spool_->figures().dropped_age, 1U);
}

TEST_F(SpoolTest, ASecondSensorIsToldWhoIsFirst) {
  open();
  EXPECT_EQ(open_error(), fmt::format("spool '{}': another sensor (PID {}) uses it: stop that one, or give this one a "
                                      "directory of its own",
                                      config_.directory, ::getpid()));
  spool_.reset();
  EXPECT_EQ(open_error(), "");
}

TEST_F(SpoolTest, ADirectoryThatCannotBeIsNamed) {
  write_file(directory_.path() / "file", "");
  config_.directory = directory_.path() / "file" / "spool";
  EXPECT_THAT(open_error(), HasSubstr(config_.directory));
}

TEST_F(SpoolTest, SyncedRecordsAreTheSame) {
  config_.sync = std::chrono::seconds(1);
  config_.segment_bytes = kHeader + 2 * kRecord + 2;
  open();
  for (const char* value : {"1", "2", "3"}) {
    append(value);
    clock_.advance(std::chrono::milliseconds(700));
    spool_->maintain();
  }
  open();
  EXPECT_THAT(read_all(*spool_), ElementsAre("1 key 1", "2 key 2", "3 key 3"));
  EXPECT_EQ(spool_->figures().write_failures, 0U);
}

TEST_F(SpoolTest, OthersReadNothing) {
  open();
  append("1");
  struct stat status{};
  ASSERT_EQ(::stat(config_.directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0027U, 0U);
  ASSERT_EQ(::stat(segments_in(folder())[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
}

}  // namespace
}  // namespace zonelag::sensor
