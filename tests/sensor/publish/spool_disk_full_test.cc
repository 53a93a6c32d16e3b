// A real disk that is full or read-only: a small tmpfs in a mount namespace of this process. Needs root.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

#include "sensor/publish/spool.h"
#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

constexpr std::size_t kDiskBytes = 256U << 10U;

class SpoolDiskFullTest : public SpoolTest {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << "needs root (CAP_SYS_ADMIN): " << std::strerror(errno);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  }
  void SetUp() override {
    disk_ = directory_.path() / "disk";
    std::filesystem::create_directory(disk_);
    const std::string options = fmt::format("size={}", kDiskBytes);
    ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", 0, options.c_str()), 0) << std::strerror(errno);
    config_.directory = disk_ / "spool";
    config_.segment_bytes = 64U << 10U;
  }
  void TearDown() override {
    spool_.reset();
    EXPECT_EQ(::umount(disk_.c_str()), 0) << std::strerror(errno);
  }

  // Another file takes all that is left.
  void fill() const {
    std::ofstream file(disk_ / "other", std::ios::binary | std::ios::app);
    while (file << std::string(4096, 'o') << std::flush) {
    }
  }
  void make_room_again() const { std::filesystem::remove(disk_ / "other"); }
  void append_numbers(int count) {
    for (int i = 0; i < count; ++i) append(fmt::format("{:0>1000}", ++number_));
  }
  // Reads on: exactly the records with these indexes, each with its own value.
  void expect_read(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t index = first; index <= last; ++index) {
      const auto record = spool_->next();
      ASSERT_TRUE(record) << index;
      ASSERT_EQ(record->index, index);
      ASSERT_EQ(record->value, fmt::format("{:0>1000}", index));
    }
    EXPECT_FALSE(spool_->next());
  }
  void try_again() {
    clock_.advance(std::chrono::seconds(1));
    spool_->maintain();
  }

  std::filesystem::path disk_;
  int number_ = 0;
};

TEST_F(SpoolDiskFullTest, NothingIsLostWhileMemorySuffices) {
  open();
  append_numbers(1000);
  const auto full = spool_->figures();
  EXPECT_EQ(full.write_error, ENOSPC);
  EXPECT_EQ(full.dropped(), 0U);
  EXPECT_EQ(full.waiting_records, 1000U);
  EXPECT_GT(full.memory_bytes, 700'000U);
  expect_read(1, 1000);
  spool_->rewind();
  expect_read(1, 1000);
}

TEST_F(SpoolDiskFullTest, BeyondMemoryTheOldestInItAreCounted) {
  config_.memory_bytes = 100'000;
  open();
  append_numbers(1000);
  const auto full = spool_->figures();
  EXPECT_LE(full.memory_bytes, config_.memory_bytes);
  EXPECT_GT(full.dropped_memory, 0U);
  EXPECT_EQ(full.waiting_records + full.dropped_memory, 1000U);
  const auto records = read_all(*spool_);
  ASSERT_EQ(records.size(), full.waiting_records);
  EXPECT_TRUE(records.front().starts_with("1 "));
  EXPECT_TRUE(records.back().starts_with("1000 "));
}

TEST_F(SpoolDiskFullTest, WhatWasReadFromMemoryMayStillBeDelivered) {
  config_.memory_bytes = 100'000;  // 98 records
  open();
  fill();
  append_numbers(90);
  expect_read(1, 90);
  append_numbers(50);
  EXPECT_EQ(spool_->figures().dropped(), 0U);
  EXPECT_EQ(spool_->figures().waiting_records, 140U);
  spool_->delivered(30);
  EXPECT_EQ(spool_->figures().waiting_records, 110U);
  spool_->rewind();
  EXPECT_EQ(spool_->figures().dropped_memory, 12U);
  EXPECT_EQ(spool_->figures().waiting_records, 98U);
  expect_read(43, 140);
}

TEST_F(SpoolDiskFullTest, BackToDiskInOrderWhenThereIsRoom) {
  open();
  append_numbers(50);
  fill();
  append_numbers(200);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(spool_->next());
  spool_->delivered(80);
  EXPECT_EQ(spool_->figures().write_error, ENOSPC);
  try_again();
  EXPECT_EQ(spool_->figures().write_error, ENOSPC);
  make_room_again();
  spool_->maintain();  // at most once a second
  EXPECT_EQ(spool_->figures().write_error, ENOSPC);
  try_again();
  EXPECT_EQ(spool_->figures().write_error, 0);
  EXPECT_EQ(spool_->figures().memory_bytes, 0U);
  append_numbers(20);
  EXPECT_EQ(spool_->figures().waiting_records, 190U);
  expect_read(101, 270);
  spool_->rewind();
  expect_read(81, 270);
  spool_->delivered(100);
  open();
  expect_read(101, 270);
  EXPECT_EQ(spool_->figures().dropped(), 0U);
}

TEST_F(SpoolDiskFullTest, DeliveringFromMemoryAlone) {
  open();
  fill();
  append_numbers(10);
  expect_read(1, 10);
  spool_->delivered(10);
  try_again();
  EXPECT_EQ(spool_->figures().write_error, ENOSPC);
  EXPECT_EQ(spool_->figures().waiting_bytes, 0U);
  append_numbers(10);
  make_room_again();
  try_again();
  try_again();
  EXPECT_EQ(spool_->figures().write_error, 0);
  expect_read(11, 20);
}

TEST_F(SpoolDiskFullTest, FullAndFreeByTurns) {
  open();
  std::uint64_t read = 0;
  for (int round = 0; round < 40; ++round) {
    if (round % 2 == 0) {
      fill();
    } else {
      make_room_again();
    }
    append_numbers(20);
    try_again();
    append_numbers(20);
    if (round % 3 == 0) spool_->rewind();
    while (const auto record = spool_->next()) {
      ASSERT_LE(record->index, read + 1);
      ASSERT_EQ(record->value, fmt::format("{:0>1000}", record->index));
      read = std::max(read, record->index);
    }
    ASSERT_EQ(read, static_cast<std::uint64_t>(number_));
    spool_->delivered(read - 30);
    ASSERT_EQ(spool_->figures().waiting_records, 30U);
  }
  EXPECT_EQ(spool_->figures().dropped(), 0U);
}

TEST_F(SpoolDiskFullTest, WhatTornWritesLeftIsNoDamage) {
  open();
  append_numbers(30);
  fill();
  append_numbers(30);
  make_room_again();
  try_again();
  append_numbers(30);
  open_copy();
  EXPECT_EQ(spool_->figures().unreadable, 0U);
  expect_read(1, 90);
}

TEST_F(SpoolDiskFullTest, AReadOnlyDirectoryIsAnError) {
  open();
  spool_.reset();
  ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0) << std::strerror(errno);
  EXPECT_EQ(open_error(), fmt::format("spool '{}': cannot be written: {}", config_.directory, "Read-only file system"));
}

TEST_F(SpoolDiskFullTest, ADirectoryThatIsAwayForAWhile) {
  config_.segment_bytes = 1;  // a record a segment
  open();
  append_numbers(5);
  std::filesystem::rename(folder(), disk_ / "away");
  append_numbers(5);
  EXPECT_EQ(spool_->figures().write_error, ENOENT);
  EXPECT_EQ(spool_->figures().waiting_records, 10U);
  std::filesystem::rename(disk_ / "away", folder());
  try_again();
  EXPECT_EQ(spool_->figures().write_error, 0);
  expect_read(1, 10);
}

}  // namespace
}  // namespace zonelag::sensor
