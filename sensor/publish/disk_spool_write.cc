// DiskSpool: how records get to the disk, and what happens while it takes none.
#include <algorithm>

#include "disk_spool.h"
#include "spool_format.h"

namespace zonelag::sensor {
namespace {

constexpr std::size_t kPendingBytes = 256U << 10U;

// What of `bytes` is whole records.
struct Whole {
  std::size_t bytes = 0;
  std::uint64_t records = 0;
};

Whole whole_records(std::string_view bytes) {
  Whole whole;
  while (const auto size = record_size(bytes.substr(whole.bytes))) {
    if (*size > bytes.size() - whole.bytes) break;
    whole.bytes += *size;
    ++whole.records;
  }
  return whole;
}

}  // namespace

// Small enough that the oldest segment is a part of what max_bytes allows.
std::uint64_t DiskSpool::segment_limit() const { return std::min(config_.segment_bytes, config_.max_bytes / 4); }

// An empty segment takes any record.
bool DiskSpool::fits_active(std::size_t more) const {
  const std::uint64_t bytes = writer_.is_open() ? segments_.back().bytes : kSegmentHeaderBytes;
  return bytes + more <= segment_limit() || bytes == kSegmentHeaderBytes;
}

std::uint64_t DiskSpool::append(std::string_view key, std::string_view value) {
  ++figures_.appended;
  if (key.size() > kMaxSpoolKey || value.size() > kMaxSpoolValue) {
    ++figures_.dropped_size;
    return 0;
  }
  const std::size_t size = kRecordHeaderBytes + key.size() + value.size();
  if (pending_.size() + size > kPendingBytes) flush();
  if (!pending_.empty() && kSegmentHeaderBytes + pending_.size() + size > segment_limit()) flush();
  if (writer_.is_open() && !fits_active(pending_.size() + size)) {
    flush();
    if (writer_.is_open() && !fits_active(size)) seal();
  }
  encode_record(pending_, next_index_, key, value);
  ++figures_.waiting_records;
  figures_.waiting_bytes += size;
  return next_index_++;
}

void DiskSpool::flush() {
  if (!pending_.empty()) {
    const std::string_view bytes = pending_;
    const std::uint64_t first = pending_first_;
    pending_first_ = next_index_;
    const std::size_t stored = figures_.write_error == 0 ? store(bytes, first) : 0;
    if (stored < bytes.size()) {
      keep_in_memory(bytes.substr(stored), first + whole_records(bytes.substr(0, stored)).records);
    }
    pending_.clear();
    if (pending_.capacity() > 2 * kPendingBytes) pending_.shrink_to_fit();
  }
  sync_if_due();
}

// Writes whole records with indexes from `first` on; how many bytes the disk took.
std::size_t DiskSpool::store(std::string_view bytes, std::uint64_t first) {
  make_room(bytes.size());
  if (writer_.is_open() && segments_.back().end != first) seal();
  if (!writer_.is_open() && !begin_segment(first)) return 0;
  const auto written = writer_.write(bytes);
  const Whole whole = whole_records(bytes.substr(0, written.bytes));
  Segment& segment = segments_.back();
  segment.end += whole.records;
  segment.bytes += whole.bytes;
  segment.readable += whole.bytes;
  segment.waiting_records += whole.records;
  segment.waiting_bytes += whole.bytes;
  segment.newest = clock_.now();
  figures_.disk_bytes += whole.bytes;
  unsynced_ = true;
  if (written.error != 0) {
    disk_failed(written.error);
    writer_.truncate(segment.bytes);
    seal();
  }
  return whole.bytes;
}

bool DiskSpool::begin_segment(std::uint64_t first) {
  const std::string path = directory_.path_of(first);
  int error = writer_.create(path);
  if (error == 0) {
    const auto written = writer_.write(encode_segment_header(first));
    error = written.error;
    if (error != 0) {
      writer_.close();
      directory_.remove(first);
    }
  }
  if (error != 0) {
    disk_failed(error);
    return false;
  }
  segments_.push_back({.first = first,
                       .end = first,
                       .bytes = kSegmentHeaderBytes,
                       .readable = kSegmentHeaderBytes,
                       .newest = clock_.now()});
  figures_.disk_bytes += kSegmentHeaderBytes;
  if (config_.sync.count() != 0) directory_.sync();
  return true;
}

// Nothing more is written to the active segment.
void DiskSpool::seal() {
  if (unsynced_ && config_.sync.count() != 0 && writer_.sync() != 0) ++figures_.write_failures;
  unsynced_ = false;
  writer_.close();
  if (const Segment& last = segments_.back(); last.end == last.first) {  // its name is needed again
    if (reader_.segment() == last.first) reader_.close();
    directory_.remove(last.first);
    figures_.disk_bytes -= last.bytes;
    segments_.pop_back();
  }
  remove_settled();
}

void DiskSpool::disk_failed(int error) {
  ++figures_.write_failures;
  figures_.write_error = error;
  last_try_ = clock_.now();
}

void DiskSpool::keep_in_memory(std::string_view bytes, std::uint64_t first) {
  while (const auto size = record_size(bytes)) {
    memory_.push(first++, bytes.substr(0, *size));
    bytes.remove_prefix(*size);
    shrink_memory();
  }
}

void DiskSpool::shrink_memory() {
  while (memory_.bytes() > config_.memory_bytes) {
    const std::uint64_t index = memory_.front().index;
    const std::size_t size = memory_.pop();
    if (index < read_index_) {
      lent_.push_back({{index, size}, &SpoolFigures::dropped_memory});
      continue;
    }
    --figures_.waiting_records;
    figures_.waiting_bytes -= size;
    ++figures_.dropped_memory;
  }
}

void DiskSpool::try_disk_again() {
  figures_.write_error = 0;
  while (!memory_.empty()) {
    if (!move_batch()) return;
  }
  if (!writer_.is_open()) begin_segment(pending_first_);
}

// The oldest of the records in memory to a segment. False: the disk does not take them all.
bool DiskSpool::move_batch() {
  std::string batch;
  for (const auto& record : memory_.records()) {
    if (!batch.empty() && (!fits_active(batch.size() + record.bytes.size()) ||
                           kSegmentHeaderBytes + batch.size() + record.bytes.size() > segment_limit() ||
                           batch.size() + record.bytes.size() > kPendingBytes)) {
      break;
    }
    batch += record.bytes;
  }
  if (writer_.is_open() && !fits_active(batch.size())) seal();
  std::size_t stored = store(batch, memory_.front().index);
  while (stored != 0) {
    const std::uint64_t index = memory_.front().index;
    const std::size_t size = memory_.pop();
    if (index < read_index_) read_.push_back({index, size});
    stored -= size;
  }
  return figures_.write_error == 0;
}

void DiskSpool::sync_if_due() {
  if (!unsynced_ || config_.sync.count() == 0 || !elapsed(last_sync_, config_.sync)) return;
  last_sync_ = clock_.now();
  unsynced_ = false;
  if (writer_.sync() != 0) {
    ++figures_.write_failures;
    seal();  // what the kernel could not write it does not try again (fsync(2)): on in another file
  }
}

void DiskSpool::make_room(std::uint64_t more) {
  const auto header = [this] { return writer_.is_open() ? 0 : kSegmentHeaderBytes; };
  while (!segments_.empty() && figures_.disk_bytes + more + header() > config_.max_bytes) {
    drop_oldest(&SpoolFigures::dropped_size);
  }
}

}  // namespace zonelag::sensor
