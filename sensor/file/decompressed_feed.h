// A thread that reads and decodes compressed data, a few buffers ahead of its reader.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "byte_feed.h"
#include "decompress.h"

namespace zonelag::sensor {

// Full chunks one way, used ones back; at most kChunks exist, the reader's included. A full hand-over makes the
// decoding thread wait.
class ChunkQueue {
 public:
  explicit ChunkQueue(std::size_t chunk_size) : chunk_size_(chunk_size) {}

  struct Full {
    std::unique_ptr<Chunk> chunk;
    std::size_t filled = 0;
  };
  // The writer's: null when it is to stop.
  std::unique_ptr<Chunk> take_empty(const std::stop_token& stop);
  void put_full(Full full);
  void close(std::optional<CaptureProblem> problem);
  // The reader's: a null chunk is the end.
  Full take_full();
  void put_empty(std::unique_ptr<Chunk> chunk);
  std::optional<CaptureProblem> problem() const;

 private:
  const std::size_t chunk_size_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Chunk>> empty_;
  std::vector<Full> full_;  // oldest first, at most kChunks
  std::size_t made_ = 1;    // the reader has one from the start
  bool closed_ = false;
  std::optional<CaptureProblem> problem_;
};

class DecompressedFeed : public ByteFeed {
 public:
  // `beginning`: what was read of the file already; copied.
  DecompressedFeed(std::unique_ptr<RawFile> file, Compression compression, decoder::Bytes beginning,
                   std::size_t chunk_size);
  ~DecompressedFeed() override;

  std::size_t next(Chunk& chunk, decoder::Bytes keep) override;
  std::optional<CaptureProblem> problem() const override { return queue_.problem(); }
  const RawFile& file() const override { return *file_; }

 private:
  // All below runs in, and belongs to, the decoding thread.
  void run(const std::stop_token& stop);
  std::optional<CaptureProblem> decode_all(const std::stop_token& stop);
  bool refill(ChunkQueue::Full& pending, const std::stop_token& stop);
  bool hand_over(ChunkQueue::Full& pending, const std::stop_token& stop);
  CaptureProblem damaged(const std::string& why) const;
  CaptureProblem cut() const;

  std::unique_ptr<RawFile> file_;
  Compression compression_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::vector<std::byte> input_;
  decoder::Bytes rest_;          // of input_: not decoded yet
  std::uint64_t input_end_ = 0;  // file offset of rest_'s end
  bool last_ = false;
  ChunkQueue queue_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace zonelag::sensor
