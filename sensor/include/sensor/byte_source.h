// The bytes of a file or of standard input, decompressed where need be, as one forward-moving window.
//
// Lifetime: what available() shows stays where it is until the next need(), more() or skip().
// Thread: one caller. Compressed data is decoded in a thread of its own, at most kChunks buffers ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "decoder/cursor.h"
#include "sensor/packet_source.h"

namespace zonelag::sensor {

// The largest piece that need() can bring together: a packet of kHardMaxCaptured bytes, its header and options.
inline constexpr std::size_t kMaxRecord = (1U << 20) + (64U << 10);
inline constexpr std::size_t kDefaultBuffer = 1U << 20;
inline constexpr std::size_t kMinBuffer = 64U << 10;
inline constexpr std::size_t kChunks = 3;

class ByteFeed;
struct Chunk;

class ByteSource {
 public:
  // `path` "-" is standard input. gzip, zstd, xz and lz4 are recognised by content, several members or frames in a
  // row included.
  static std::expected<std::unique_ptr<ByteSource>, CaptureProblem> open(const std::string& path,
                                                                         std::size_t buffer_bytes = kDefaultBuffer);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  decoder::Bytes available() const { return {begin_, end_}; }
  void consume(std::size_t count) { begin_ += count; }  // at most available().size()
  // Makes at least `count` (at most kMaxRecord) bytes available; false: there are no more so many.
  bool need(std::size_t count);
  // Passes over `count` bytes, however many; false: there were fewer.
  bool skip(std::uint64_t count);
  // From another thread: a wait for more of a pipe ends, now and later; the bytes end there.
  void interrupt();
  // Of the first available byte, in the decompressed stream.
  std::uint64_t offset() const { return window_end_ - static_cast<std::uint64_t>(end_ - begin_); }

  // Why there is no more, when that is not the file's end; known once need() or skip() was false.
  std::optional<CaptureProblem> problem() const;
  const std::string& name() const { return name_; }  // as messages name it
  std::uint64_t bytes_read() const;
  std::uint64_t total_bytes() const;

 private:
  ByteSource(std::string name, std::unique_ptr<ByteFeed> feed, std::unique_ptr<Chunk> chunk, std::size_t filled);
  bool more();

  std::string name_;
  std::unique_ptr<ByteFeed> feed_;
  std::unique_ptr<Chunk> chunk_;
  const std::byte* begin_ = nullptr;
  const std::byte* end_ = nullptr;
  std::uint64_t window_end_ = 0;  // stream offset of end_
};

}  // namespace zonelag::sensor
