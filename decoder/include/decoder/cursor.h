// A bounded reader of big-endian wire bytes with a sticky failure: read all fields in a row, check once.
// Idea from Knot's wire_ctx. A read past the end gives zero, moves nothing, and every read after it does the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace zonelag::decoder {

using Bytes = std::span<const std::byte>;

class Cursor {
 public:
  explicit Cursor(Bytes bytes) : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const { return ok_ ? static_cast<std::size_t>(end_ - at_) : 0; }
  // What has not been read yet; empty after a failure.
  Bytes rest() const { return ok_ ? Bytes{at_, end_} : Bytes{}; }

  std::uint8_t u8() {
    if (!has(1)) return 0;
    return std::to_integer<std::uint8_t>(*at_++);
  }
  std::uint16_t u16() {
    if (!has(2)) return 0;
    const auto value = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
    at_ += 2;
    return value;
  }
  std::uint32_t u32() {
    if (!has(4)) return 0;
    const std::uint32_t value = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    at_ += 4;
    return value;
  }
  void skip(std::size_t count) {
    if (has(count)) at_ += count;
  }
  Bytes take(std::size_t count) {
    if (!has(count)) return {};
    const Bytes taken{at_, count};
    at_ += count;
    return taken;
  }

 private:
  bool has(std::size_t count) {
    if (count > left()) ok_ = false;
    return ok_;
  }
  std::uint32_t byte(std::size_t index) const { return std::to_integer<std::uint32_t>(at_[index]); }

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  bool ok_ = true;
};

}  // namespace zonelag::decoder
