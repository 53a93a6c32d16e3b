// A growing byte buffer that writes network byte order.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace zonelag::traffic {

using ByteView = std::span<const std::uint8_t>;

class WireBuffer {
 public:
  std::size_t size() const { return size_; }
  /// Valid until the next write.
  ByteView view() const { return {bytes_.data(), size_}; }
  ByteView view_from(std::size_t offset) const { return view().subspan(offset); }
  std::span<std::uint8_t> bytes() { return {bytes_.data(), size_}; }

  void clear() { size_ = 0; }
  void truncate(std::size_t size) {
    assert(size <= size_);
    size_ = size;
  }

  /// Appends `count` bytes with whatever they held before and returns them.
  std::span<std::uint8_t> grow(std::size_t count) {
    if (bytes_.size() - size_ < count) bytes_.resize(std::max(size_ + count, 2 * bytes_.size()));
    const std::span<std::uint8_t> added{bytes_.data() + size_, count};
    size_ += count;
    return added;
  }

  void put8(std::uint8_t value) { grow(1)[0] = value; }
  void put16(std::uint16_t value) { store16(grow(2).data(), value); }
  void put32(std::uint32_t value) { store32(grow(4).data(), value); }
  void put_bytes(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(grow(bytes.size()).data(), bytes.data(), bytes.size());
  }
  void put_text(std::string_view text) {
    if (!text.empty()) std::memcpy(grow(text.size()).data(), text.data(), text.size());
  }
  void put_zeros(std::size_t count) { std::ranges::fill(grow(count), std::uint8_t{0}); }

  void set8(std::size_t offset, std::uint8_t value) { bytes().subspan(offset, 1)[0] = value; }
  void set16(std::size_t offset, std::uint16_t value) { store16(bytes().subspan(offset, 2).data(), value); }
  void set32(std::size_t offset, std::uint32_t value) { store32(bytes().subspan(offset, 4).data(), value); }

  static void store16(std::uint8_t* to, std::uint16_t value) {
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
  }
  static void store32(std::uint8_t* to, std::uint32_t value) {
    store16(to, static_cast<std::uint16_t>(value >> 16));
    store16(to + 2, static_cast<std::uint16_t>(value));
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;
};

}  // namespace zonelag::traffic
