// A spool in a directory of its own, with a clock that stands still.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sensor/publish/spool.h"

namespace zonelag::sensor {

class StoppedClock final : public Clock {
 public:
  decoder::Timestamp now() const override { return now_; }
  decoder::ClockState state() const override { return {}; }
  void advance(decoder::Duration duration) { now_ += duration; }

 private:
  decoder::Timestamp now_ = std::chrono::time_point_cast<decoder::Duration>(std::chrono::system_clock::now());
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "zonelag_spool_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::vector<std::filesystem::path> segments_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".log") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// "<index> <key> <value>" of all that can be read.
inline std::vector<std::string> read_all(Spool& spool) {
  std::vector<std::string> records;
  while (const auto record = spool.next()) {
    records.push_back(fmt::format("{} {} {}", record->index, record->key, record->value));
  }
  return records;
}

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    config_.directory = directory_.path() / "spool";
    config_.sync = decoder::Duration(0);  // what a test's files go through is no crash of the machine
  }

  void open() {
    spool_.reset();
    auto opened = Spool::open(config_, clock_);
    ASSERT_TRUE(opened) << opened.error();
    spool_ = std::move(*opened);
  }
  // kill -9 in effect: the files as they are now, without what closing would write.
  void open_copy() {
    const auto copy = directory_.path() / fmt::format("copy{}", ++copies_);
    std::filesystem::copy(config_.directory, copy);
    config_.directory = copy;
    open();
  }
  std::string open_error() {
    auto opened = Spool::open(config_, clock_);
    return opened ? "" : opened.error();
  }
  void append(const std::string& value) {
    spool_->append("key", value);
    spool_->flush();
  }
  std::filesystem::path folder() const { return config_.directory; }

  TemporaryDirectory directory_;
  StoppedClock clock_;
  SpoolConfig config_;
  std::unique_ptr<Spool> spool_;
  int copies_ = 0;
};

}  // namespace zonelag::sensor
