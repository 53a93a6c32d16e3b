#include "decompressed_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace zonelag::sensor {
namespace {

constexpr std::size_t kInputBuffer = 256U << 10;

}  // namespace

std::unique_ptr<Chunk> ChunkQueue::take_empty(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return !empty_.empty() || made_ < kChunks; };
  if (!changed_.wait(lock, stop, ready)) return nullptr;
  if (empty_.empty()) {
    ++made_;
    return std::make_unique<Chunk>(chunk_size_);
  }
  auto chunk = std::move(empty_.back());
  empty_.pop_back();
  return chunk;
}

void ChunkQueue::put_full(Full full) {
  const std::lock_guard lock(mutex_);
  full_.push_back(std::move(full));
  changed_.notify_all();
}

void ChunkQueue::close(std::optional<CaptureProblem> problem) {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  problem_ = std::move(problem);
  changed_.notify_all();
}

ChunkQueue::Full ChunkQueue::take_full() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !full_.empty(); });
  if (full_.empty()) return {};
  Full oldest = std::move(full_.front());
  full_.erase(full_.begin());
  return oldest;
}

void ChunkQueue::put_empty(std::unique_ptr<Chunk> chunk) {
  const std::lock_guard lock(mutex_);
  empty_.push_back(std::move(chunk));
  changed_.notify_all();
}

std::optional<CaptureProblem> ChunkQueue::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

DecompressedFeed::DecompressedFeed(std::unique_ptr<RawFile> file, Compression compression, decoder::Bytes beginning,
                                   std::size_t chunk_size)
    : file_(std::move(file)),
      compression_(compression),
      decoder_(make_decoder(compression)),
      input_(std::max(kInputBuffer, beginning.size())),
      rest_(input_.data(), beginning.size()),
      input_end_(beginning.size()),
      queue_(chunk_size) {
  std::copy(beginning.begin(), beginning.end(), input_.begin());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

DecompressedFeed::~DecompressedFeed() {
  thread_.request_stop();
  file_->interrupt();  // it may be waiting for a pipe
}

std::size_t DecompressedFeed::next(Chunk& chunk, decoder::Bytes keep) {
  auto full = queue_.take_full();
  if (full.chunk == nullptr) {
    chunk.put_before(keep);
    return 0;
  }
  full.chunk->put_before(keep);
  std::swap(chunk, *full.chunk);
  queue_.put_empty(std::move(full.chunk));
  return full.filled;
}

void DecompressedFeed::run(const std::stop_token& stop) {
  std::optional<CaptureProblem> problem;
  try {
    problem = decode_all(stop);
  } catch (const std::exception& error) {  // no memory; a thread has nobody to throw to
    problem = damaged(error.what());
  }
  queue_.close(std::move(problem));
}

std::optional<CaptureProblem> DecompressedFeed::decode_all(const std::stop_token& stop) {
  std::optional<CaptureProblem> problem;
  ChunkQueue::Full pending{queue_.take_empty(stop), 0};
  while (pending.chunk != nullptr) {
    if (rest_.empty() && !last_ && !refill(pending, stop)) return std::nullopt;
    const auto step = decoder_->decode(rest_, pending.chunk->body().subspan(pending.filled), last_);
    rest_ = rest_.subspan(step.consumed);
    pending.filled += step.produced;
    if (!step.error.empty()) {
      problem = damaged(step.error);
      break;
    }
    if (step.consumed == 0 && step.produced == 0 && (last_ || !rest_.empty())) {
      if (!rest_.empty()) problem = damaged("it does not decode on");
      if (rest_.empty() && !decoder_->complete()) problem = cut();
      break;
    }
    if (pending.filled == pending.chunk->size && !hand_over(pending, stop)) return std::nullopt;
  }
  if (pending.chunk != nullptr && pending.filled > 0) queue_.put_full(std::move(pending));
  return file_->error() != 0 ? read_problem(*file_) : problem;
}

// False: it is to stop.
bool DecompressedFeed::refill(ChunkQueue::Full& pending, const std::stop_token& stop) {
  // What a live pipe has sent so far is not kept back until a chunk is full.
  if (pending.filled > 0 && file_->would_wait() && !hand_over(pending, stop)) return false;
  const std::size_t got = file_->read(input_);
  if (stop.stop_requested()) return false;
  rest_ = {input_.data(), got};
  input_end_ += got;
  last_ = got == 0;
  return true;
}

bool DecompressedFeed::hand_over(ChunkQueue::Full& pending, const std::stop_token& stop) {
  queue_.put_full(std::move(pending));
  pending = {queue_.take_empty(stop), 0};
  return pending.chunk != nullptr;
}

CaptureProblem DecompressedFeed::damaged(const std::string& why) const {
  return {CaptureFault::damaged_compression, fmt::format("{}: damaged {} data at offset {} ({})", file_->name(),
                                                         to_string(compression_), input_end_ - rest_.size(), why)};
}

CaptureProblem DecompressedFeed::cut() const {
  return {CaptureFault::cut_compression,
          fmt::format("{}: {} data cut at offset {}", file_->name(), to_string(compression_), input_end_)};
}

}  // namespace zonelag::sensor
