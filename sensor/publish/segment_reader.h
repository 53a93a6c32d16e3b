// Reads the records of one segment in order, a chunk of the file at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/descriptor.h"
#include "sensor/publish/spool.h"

namespace zonelag::sensor {

class SegmentReader {
 public:
  // At the first record; false: errno says why.
  bool open(const std::string& path, std::uint64_t first);
  void close();
  // First index of the open segment; 0: none is open.
  std::uint64_t segment() const { return segment_; }

  // The file's header; shorter than kSegmentHeaderBytes where the file is.
  std::string_view header();
  // The record at the position, which moves on; nullopt: nothing, or nothing whole, before byte `limit` of the file.
  // Valid until the next call.
  std::optional<SpoolRecord> next(std::uint64_t limit);
  // Behind the record read last.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t index() const { return index_; }
  // Records from the position on, damaged ones included, by their lengths; 0 if none of them is whole.
  std::uint64_t count_behind(std::uint64_t limit);

 private:
  std::string_view bytes(std::uint64_t offset, std::size_t count, std::uint64_t limit);
  // The bytes of the record at `offset`; empty: none.
  std::string_view record_at(std::uint64_t offset, std::uint64_t limit);

  Descriptor file_;
  std::uint64_t segment_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t index_ = 0;
  std::vector<char> chunk_;
  std::uint64_t chunk_offset_ = 0;
  std::size_t chunk_bytes_ = 0;
};

}  // namespace zonelag::sensor
