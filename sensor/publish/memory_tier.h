// Records that the disk did not take, oldest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace zonelag::sensor {

class MemoryTier {
 public:
  struct Record {
    std::uint64_t index = 0;
    std::string bytes;  // as on disk
  };

  void push(std::uint64_t index, std::string_view bytes) {
    records_.push_back({index, std::string(bytes)});
    bytes_ += bytes.size();
  }
  // The oldest goes; how many bytes that was.
  std::size_t pop() {
    const std::size_t size = records_.front().bytes.size();
    bytes_ -= size;
    records_.pop_front();
    return size;
  }
  // The first one from `index` on; nullptr: none.
  const Record* find(std::uint64_t index) const {
    const auto found = std::ranges::lower_bound(records_, index, {}, &Record::index);
    return found == records_.end() ? nullptr : &*found;
  }

  bool empty() const { return records_.empty(); }
  const Record& front() const { return records_.front(); }
  const std::deque<Record>& records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::deque<Record> records_;
  std::uint64_t bytes_ = 0;
};

}  // namespace zonelag::sensor
