// The four compressions that captures come in, each library behind one small class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "decoder/cursor.h"

namespace zonelag::sensor {

enum class Compression : std::uint8_t { none, gzip, zstd, xz, lz4 };
const char* to_string(Compression compression);

// A file's first bytes that decide what it is: the longest magic, and a skippable frame's header.
inline constexpr std::size_t kRecognisable = 24;

Compression recognise(decoder::Bytes beginning);

class StreamDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    std::string error;  // not empty: damaged from here on; what was produced is good
  };

  virtual ~StreamDecoder() = default;
  // Decodes from `in` to `out`, which is not empty. `last`: nothing follows `in`. When neither consumed nor produced
  // anything, it needs more input, or it is done.
  virtual Step decode(decoder::Bytes in, std::span<std::byte> out, bool last) = 0;
  // Whether the input may end here: between members or frames.
  virtual bool complete() const = 0;
};

// A dictionary (window) larger than this is refused: xz -9 takes 65 MiB. zstd's own limit is its window of 128 MiB.
inline constexpr std::uint64_t kMaxXzMemory = 128U << 20;

// `compression` is not none.
std::unique_ptr<StreamDecoder> make_decoder(Compression compression);

}  // namespace zonelag::sensor
