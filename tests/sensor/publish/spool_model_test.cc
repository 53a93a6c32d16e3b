// Random calls, restarts and crashes beside a model that is a std::deque.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "sensor/publish/spool.h"
#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

class SpoolModelTest : public SpoolTest {
 protected:
  struct Record {
    std::uint64_t index = 0;
    std::string value;
  };

  void step(unsigned what);
  void append_some();
  void read_some();
  void check_next();
  void deliver_some();
  void check_figures() const;
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  std::mt19937 random_{23};  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
  std::deque<Record> waiting_;
  std::size_t read_ = 0;  // so many of waiting_
};

void SpoolModelTest::append_some() {
  for (unsigned count = below(20); count > 0; --count) {
    const std::string value(below(300), static_cast<char>('a' + below(26)));
    const std::uint64_t index = spool_->append("k", value);
    ASSERT_TRUE(waiting_.empty() || index > waiting_.back().index);
    waiting_.push_back({index, value});
  }
  if (below(4) != 0) spool_->flush();
}

void SpoolModelTest::check_next() {
  const auto record = spool_->next();
  if (!record) return;  // it is checked at the end that what is flushed comes
  ASSERT_LT(read_, waiting_.size());
  ASSERT_EQ(record->index, waiting_[read_].index);
  ASSERT_EQ(record->value, waiting_[read_].value);
  ++read_;
}

void SpoolModelTest::deliver_some() {
  if (read_ == 0) return;
  const std::size_t count = 1 + below(static_cast<unsigned>(read_));
  spool_->delivered(waiting_[count - 1].index);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  read_ -= count;
}

void SpoolModelTest::check_figures() const {
  const auto figures = spool_->figures();
  std::uint64_t bytes = 0;
  for (const Record& record : waiting_) bytes += 10 + 1 + record.value.size();
  ASSERT_EQ(figures.waiting_records, waiting_.size());
  ASSERT_EQ(figures.waiting_bytes, bytes);
  ASSERT_EQ(figures.dropped(), 0U);
  ASSERT_EQ(figures.write_failures, 0U);
  std::uint64_t on_disk = 0;
  for (const auto& file : segments_in(folder())) on_disk += std::filesystem::file_size(file);
  ASSERT_EQ(figures.disk_bytes, on_disk);
}

void SpoolModelTest::step(unsigned what) {
  clock_.advance(std::chrono::milliseconds(below(50)));
  if (what < 40) {
    append_some();
  } else if (what < 70) {
    for (unsigned count = below(30); count > 0; --count) check_next();
  } else if (what < 90) {
    deliver_some();
  } else if (what < 94) {
    spool_->rewind();
    read_ = 0;
  } else if (what < 96) {
    spool_->maintain();
  } else if (what < 98) {  // sent before a rewind, delivered after it
    read_ = std::min<std::size_t>(waiting_.size(), 5);
    spool_->flush();
    spool_->rewind();
    deliver_some();
    spool_->rewind();
    read_ = 0;
  } else {
    open();
    read_ = 0;
  }
}

TEST_F(SpoolModelTest, EqualsADeque) {
  config_.segment_bytes = 3000;
  open();
  for (int i = 0; i < 20'000; ++i) {
    step(below(100));
    if (HasFatalFailure()) return;
    if (i % 20 == 0) check_figures();
    if (HasFatalFailure()) return;
    if (waiting_.size() > 400) {
      spool_->flush();
      while (read_ < waiting_.size() && !HasFatalFailure()) {
        const std::size_t before = read_;
        check_next();
        ASSERT_EQ(read_, before + 1) << "flushed, but not read";
      }
      deliver_some();
    }
  }
}

}  // namespace
}  // namespace zonelag::sensor
