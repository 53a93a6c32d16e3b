// Where a ByteSource's window comes from: read directly, or decoded in a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "raw_file.h"
#include "sensor/byte_source.h"

namespace zonelag::sensor {

// A buffer with room before it for what the window has not used yet of the one before: so that views are contiguous
// and nothing but such an incomplete piece is ever moved. Memory is touched (and taken) only as far as it is used.
struct Chunk {
  explicit Chunk(std::size_t capacity)
      : memory(std::make_unique_for_overwrite<std::byte[]>(kMaxRecord + capacity)), size(capacity) {}

  std::span<std::byte> body() { return {memory.get() + kMaxRecord, size}; }
  // Puts `bytes` (fewer than kMaxRecord, possibly of this very chunk) right before body(); where they begin.
  const std::byte* put_before(decoder::Bytes bytes);

  std::unique_ptr<std::byte[]> memory;
  std::size_t size;
};

class ByteFeed {
 public:
  virtual ~ByteFeed() = default;
  // Fills `chunk`, or swaps it for a full one, and puts `keep` (of its old content) before its body. Returns the
  // bytes in the body; 0: the end or a problem.
  virtual std::size_t next(Chunk& chunk, decoder::Bytes keep) = 0;
  virtual std::optional<CaptureProblem> problem() const = 0;
  virtual const RawFile& file() const = 0;
};

// The one problem a plain file can have.
std::optional<CaptureProblem> read_problem(const RawFile& file);

}  // namespace zonelag::sensor
