#include "disk_spool.h"

#include <algorithm>
#include <utility>

#include "spool_format.h"

namespace zonelag::sensor {
namespace {

constexpr decoder::Duration kMarkEvery = std::chrono::milliseconds(100);

}  // namespace

std::expected<std::unique_ptr<Spool>, std::string> Spool::open(const SpoolConfig& config, const Clock& clock) {
  auto directory = SpoolDirectory::open(config.directory);
  if (!directory) return std::unexpected(std::move(directory.error()));
  DeliveredMark mark(directory->mark_path());
  const std::uint64_t done = mark.load();
  auto recovered = recover_spool(*directory, done);
  if (!recovered) return std::unexpected(std::move(recovered.error()));
  return std::make_unique<DiskSpool>(config, clock, std::move(*directory), std::move(mark), done,
                                     std::move(*recovered));
}

DiskSpool::DiskSpool(SpoolConfig config, const Clock& clock, SpoolDirectory directory, DeliveredMark mark,
                     std::uint64_t done, RecoveredSpool recovered)
    : config_(std::move(config)),
      clock_(clock),
      directory_(std::move(directory)),
      mark_(std::move(mark)),
      segments_(std::move(recovered.segments)),
      pending_first_(recovered.next_index),
      next_index_(recovered.next_index),
      done_(done),
      marked_(done),
      last_sync_(clock.now()),
      last_mark_(last_sync_) {
  for (const Segment& segment : segments_) {
    figures_.waiting_records += segment.waiting_records;
    figures_.waiting_bytes += segment.waiting_bytes;
    figures_.disk_bytes += segment.bytes;
  }
  figures_.recovered = figures_.waiting_records;
  figures_.unreadable = recovered.unreadable;
  if (figures_.recovered == 0) done_ = next_index_ - 1;  // of the segments that go, no index is used again
  rewind();
  remove_settled();
  make_room(0);
}

DiskSpool::~DiskSpool() {
  flush();
  if (config_.sync.count() != 0 && writer_.is_open() && unsynced_) writer_.sync();
  store_mark();
}

// The oldest segment with this index or a later one.
std::deque<Segment>::iterator DiskSpool::segment_of(std::uint64_t index) {
  return std::ranges::partition_point(segments_, [index](const Segment& segment) { return segment.end <= index; });
}

std::optional<SpoolRecord> DiskSpool::next() {
  if (auto record = next_on_disk()) return record;
  const MemoryTier::Record* kept = memory_.find(read_index_);
  if (kept == nullptr) return std::nullopt;
  read_index_ = kept->index + 1;
  return parse_record(kept->bytes, kept->index);
}

std::optional<SpoolRecord> DiskSpool::next_on_disk() {
  for (auto at = segment_of(read_index_); at != segments_.end(); at = segment_of(read_index_)) {
    if (reader_.segment() != at->first && !reader_.open(directory_.path_of(at->first), at->first)) {
      give_up_rest(*at);
      continue;
    }
    const std::uint64_t begin = reader_.offset();
    const auto record = reader_.index() < at->end ? reader_.next(at->readable) : std::nullopt;
    if (!record) {
      give_up_rest(*at);
    } else if (record->index >= read_index_) {
      read_.push_back({record->index, reader_.offset() - begin});
      read_index_ = record->index + 1;
      return record;
    }
  }
  return std::nullopt;
}

// It can't be read any further: on with the next segment.
void DiskSpool::give_up_rest(Segment& segment) {
  std::uint64_t records = segment.waiting_records;
  std::uint64_t bytes = segment.waiting_bytes;
  for (const Read& read : read_) {
    if (read.index < segment.first || read.index >= segment.end) continue;
    --records;
    bytes -= read.bytes;
  }
  segment.waiting_records -= records;
  segment.waiting_bytes -= bytes;
  figures_.waiting_records -= records;
  figures_.waiting_bytes -= bytes;
  figures_.unreadable += records;
  read_index_ = std::max(read_index_, segment.end);
  reader_.close();
  if (writer_.is_open() && &segment == &segments_.back()) seal();
}

void DiskSpool::rewind() {
  drop_lent();
  read_index_ = done_ + 1;
  read_.clear();
  reader_.close();
}

void DiskSpool::delivered(std::uint64_t index) {
  index = std::min(index, pending_first_ - 1);
  take_back(index);
  if (index <= done_) return;
  read_up_to(index);
  settled(index);
  while (!memory_.empty() && memory_.front().index <= index) {
    --figures_.waiting_records;
    figures_.waiting_bytes -= memory_.pop();
  }
  remove_settled();
  if (elapsed(last_mark_, kMarkEvery)) store_mark();
}

// After a rewind(), records that were sent before may turn out to be delivered.
void DiskSpool::read_up_to(std::uint64_t index) {
  while (read_index_ <= index) {
    const auto record = next_on_disk();
    if (!record) return;
    if (record->index <= index) continue;
    read_index_ = record->index;  // one too far: a gap
    read_.pop_back();
    reader_.close();
  }
}

void DiskSpool::settled(std::uint64_t index) {
  while (!read_.empty() && read_.front().index <= index) {
    const auto segment = segment_of(read_.front().index);
    --segment->waiting_records;
    segment->waiting_bytes -= read_.front().bytes;
    --figures_.waiting_records;
    figures_.waiting_bytes -= read_.front().bytes;
    read_.pop_front();
  }
  done_ = std::max(done_, index);
  read_index_ = std::max(read_index_, done_ + 1);
}

void DiskSpool::remove_settled() {
  while (!segments_.empty() && segments_.front().waiting_records == 0) {
    if (writer_.is_open() && segments_.size() == 1) return;
    remove_front();
  }
}

void DiskSpool::remove_front() {
  const Segment& front = segments_.front();
  if (done_ != marked_) store_mark();  // before, so that its indexes are not used again
  if (reader_.segment() == front.first) reader_.close();
  if (writer_.is_open() && segments_.size() == 1) {
    writer_.close();
    unsynced_ = false;
  }
  directory_.remove(front.first);
  figures_.disk_bytes -= front.bytes;
  segments_.pop_front();
}

void DiskSpool::drop_oldest(Counter counter) {
  const Segment& front = segments_.front();
  std::uint64_t records = front.waiting_records;
  std::uint64_t bytes = front.waiting_bytes;
  for (; !read_.empty() && read_.front().index < front.end; read_.pop_front()) {
    lent_.push_back({read_.front(), counter});
    --records;
    bytes -= read_.front().bytes;
  }
  figures_.*counter += records;
  figures_.waiting_records -= records;
  figures_.waiting_bytes -= bytes;
  done_ = std::max(done_, front.end - 1);
  read_index_ = std::max(read_index_, done_ + 1);
  remove_front();
  remove_settled();
}

// Delivered, although given up.
void DiskSpool::take_back(std::uint64_t index) {
  for (; !lent_.empty() && lent_.front().record.index <= index; lent_.pop_front()) {
    --figures_.waiting_records;
    figures_.waiting_bytes -= lent_.front().record.bytes;
  }
}

// They would have to be read again.
void DiskSpool::drop_lent() {
  for (; !lent_.empty(); lent_.pop_front()) {
    ++(figures_.*lent_.front().counter);
    --figures_.waiting_records;
    figures_.waiting_bytes -= lent_.front().record.bytes;
  }
}

void DiskSpool::drop_aged() {
  if (config_.max_age.count() == 0) return;
  const auto now = clock_.now();
  while (!segments_.empty() && segments_.front().waiting_records != 0 &&
         now - segments_.front().newest > config_.max_age) {
    drop_oldest(&SpoolFigures::dropped_age);
  }
}

void DiskSpool::maintain() {
  if (figures_.write_error != 0 && elapsed(last_try_, std::chrono::seconds(1))) try_disk_again();
  drop_aged();
  sync_if_due();
  if (done_ != marked_ && elapsed(last_mark_, kMarkEvery)) store_mark();
  // An idle sensor needs no segment of some size.
  if (segments_.size() == 1 && segments_.front().waiting_records == 0 &&
      segments_.front().bytes > segment_limit() / 8) {
    remove_front();
  }
}

void DiskSpool::reconfigure(const SpoolConfig& config) {
  std::string directory = std::move(config_.directory);
  config_ = config;
  config_.directory = std::move(directory);
  make_room(0);
  drop_aged();
  shrink_memory();
}

void DiskSpool::store_mark() {
  if (done_ != marked_ && mark_.store(done_)) marked_ = done_;
  last_mark_ = clock_.now();
}

// A clock that was set back does not make us wait.
bool DiskSpool::elapsed(decoder::Timestamp since, decoder::Duration duration) const {
  const auto now = clock_.now();
  return now < since || now - since >= duration;
}

SpoolFigures DiskSpool::figures() const {
  SpoolFigures figures = figures_;
  figures.memory_bytes = memory_.bytes();
  return figures;
}

}  // namespace zonelag::sensor
