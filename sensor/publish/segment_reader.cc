#include "segment_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "spool_format.h"

namespace zonelag::sensor {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;

}  // namespace

bool SegmentReader::open(const std::string& path, std::uint64_t first) {
  close();
  file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) return false;
  segment_ = first;
  index_ = first;
  offset_ = kSegmentHeaderBytes;
  chunk_bytes_ = 0;
  return true;
}

void SegmentReader::close() {
  file_.close();
  segment_ = 0;
}

std::string_view SegmentReader::header() { return bytes(0, kSegmentHeaderBytes, kSegmentHeaderBytes); }

std::optional<SpoolRecord> SegmentReader::next(std::uint64_t limit) {
  const std::string_view whole = record_at(offset_, limit);
  if (whole.empty()) return std::nullopt;
  auto record = parse_record(whole, index_);
  if (!record) return std::nullopt;
  offset_ += whole.size();
  ++index_;
  return record;
}

std::uint64_t SegmentReader::count_behind(std::uint64_t limit) {
  std::uint64_t offset = offset_;
  std::uint64_t count = 0;
  bool any_whole = false;
  for (auto record = record_at(offset, limit); !record.empty(); record = record_at(offset, limit)) {
    any_whole = any_whole || parse_record(record, index_ + count).has_value();
    offset += record.size();
    ++count;
  }
  return any_whole ? count : 0;
}

std::string_view SegmentReader::record_at(std::uint64_t offset, std::uint64_t limit) {
  const auto size = record_size(bytes(offset, kRecordHeaderBytes, limit));
  if (!size) return {};
  const std::string_view whole = bytes(offset, *size, limit);
  return whole.size() == *size ? whole : std::string_view{};
}

// Fewer than `count` where `limit` or the file ends before.
std::string_view SegmentReader::bytes(std::uint64_t offset, std::size_t count, std::uint64_t limit) {
  if (offset >= limit) return {};
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, limit - offset));
  if (offset < chunk_offset_ || offset + count > chunk_offset_ + chunk_bytes_) {
    const std::size_t size = std::max(count, kChunkBytes);
    if (chunk_.size() != size) std::vector<char>(size).swap(chunk_);  // a larger one only for a larger record
    chunk_offset_ = offset;
    chunk_bytes_ = 0;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, limit - offset));
    while (chunk_bytes_ < wanted) {
      const auto got = ::pread(file_.get(), chunk_.data() + chunk_bytes_, wanted - chunk_bytes_,
                               static_cast<off_t>(chunk_offset_ + chunk_bytes_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      chunk_bytes_ += static_cast<std::size_t>(got);
    }
  }
  const auto skipped = static_cast<std::size_t>(offset - chunk_offset_);
  return {chunk_.data() + skipped, std::min(count, chunk_bytes_ - std::min(skipped, chunk_bytes_))};
}

}  // namespace zonelag::sensor
