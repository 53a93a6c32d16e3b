#include "spool_recovery.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>

#include "segment_reader.h"
#include "spool_format.h"

namespace zonelag::sensor {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

class Recovery {
 public:
  Recovery(const SpoolDirectory& directory, std::uint64_t done) : directory_(directory), done_(done) {
    found_.next_index = done + 1;
  }

  // `next`: the first index of the next segment; kNone: this is the last one. Error: one line.
  std::expected<void, std::string> take(std::uint64_t first, std::uint64_t next);
  RecoveredSpool& found() { return found_; }

 private:
  void scan(Segment& segment, std::uint64_t next);
  void end_of_last(Segment& segment, const std::string& path);
  void count_lost(const Segment& segment, std::uint64_t next);

  const SpoolDirectory& directory_;
  const std::uint64_t done_;
  SegmentReader reader_;
  RecoveredSpool found_;
};

// How many records may be in these bytes, which tell nothing.
std::uint64_t most_records(std::uint64_t bytes) { return bytes / kRecordHeaderBytes + 1; }

std::expected<void, std::string> Recovery::take(std::uint64_t first, std::uint64_t next) {
  const std::string path = directory_.path_of(first);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !reader_.open(path, first)) {
    return std::unexpected(fmt::format("spool '{}': {}", path, std::generic_category().message(errno)));
  }
  Segment segment{.first = first, .end = first, .bytes = static_cast<std::uint64_t>(status.st_size)};
  segment.newest = decoder::Timestamp(std::chrono::seconds(status.st_mtim.tv_sec) +
                                      std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  const SegmentHeader header = check_segment_header(reader_.header(), first);
  if (header == SegmentHeader::other_version) {
    return std::unexpected(fmt::format(
        "spool '{}': written by another version of zonelag-sensor: let that one deliver it, or move the file "
        "away",
        path));
  }
  if (header == SegmentHeader::whole) scan(segment, next);
  if (segment.readable < segment.bytes && segment.end < next) {
    if (next == kNone) {
      end_of_last(segment, path);
    } else {
      count_lost(segment, next);
    }
  }
  reader_.close();
  found_.next_index = std::max({found_.next_index, segment.end, segment.first + 1});  // a file's name is used once
  found_.segments.push_back(segment);
  return {};
}

void Recovery::scan(Segment& segment, std::uint64_t next) {
  segment.readable = reader_.offset();
  while (segment.end < next && segment.end < kMaxSpoolIndex && reader_.next(segment.bytes)) {
    segment.end = reader_.index();
    if (segment.end - 1 > done_) {
      ++segment.waiting_records;
      segment.waiting_bytes += reader_.offset() - segment.readable;
    }
    segment.readable = reader_.offset();
  }
}

// A torn tail is cut, so that a later start does not take it for damage. Behind damage there are whole records. In both
// cases no index that may have been used there is used again.
void Recovery::end_of_last(Segment& segment, const std::string& path) {
  const std::uint64_t behind = reader_.count_behind(segment.bytes);
  found_.next_index = std::max(found_.next_index, segment.end + most_records(segment.bytes - segment.readable));
  if (behind != 0) {
    count_lost(segment, segment.end + behind);
  } else if (segment.readable != 0 && ::truncate(path.c_str(), static_cast<off_t>(segment.readable)) == 0) {
    segment.bytes = segment.readable;
  }
}

void Recovery::count_lost(const Segment& segment, std::uint64_t next) {
  const std::uint64_t first = std::max(segment.end, done_ + 1);
  if (next <= first) return;
  found_.unreadable += std::min(next - first, most_records(segment.bytes - segment.readable));
}

}  // namespace

std::expected<RecoveredSpool, std::string> recover_spool(const SpoolDirectory& directory, std::uint64_t done) {
  const auto firsts = directory.segments();
  if (!firsts) return std::unexpected(firsts.error());
  Recovery recovery(directory, done);
  for (std::size_t i = 0; i < firsts->size(); ++i) {
    const bool last = i + 1 == firsts->size();
    const std::uint64_t next = last ? kNone : (*firsts)[i + 1];
    if (!last && next <= done + 1) {
      directory.remove((*firsts)[i]);
      continue;
    }
    if (auto taken = recovery.take((*firsts)[i], next); !taken) return std::unexpected(std::move(taken.error()));
  }
  return std::move(recovery.found());
}

}  // namespace zonelag::sensor
