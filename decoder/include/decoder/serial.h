// A zone's serial number (RFC 1982): 32 bits on a circle, so it has no `<`.
#pragma once

#include <cstdint>
#include <functional>

namespace zonelag::decoder {

enum class SerialOrder : std::uint8_t { less, equal, greater, incomparable };

class Serial {
 public:
  constexpr Serial() = default;
  constexpr explicit Serial(std::uint32_t value) : value_(value) {}
  constexpr std::uint32_t value() const { return value_; }
  friend constexpr bool operator==(Serial, Serial) = default;

 private:
  std::uint32_t value_ = 0;
};

// RFC 1982 section 3.2; a distance of exactly 2^31 is undefined there and `incomparable` here.
constexpr SerialOrder compare(Serial left, Serial right) {
  const std::uint32_t distance = right.value() - left.value();
  if (distance == 0) return SerialOrder::equal;
  if (distance == 0x80000000U) return SerialOrder::incomparable;
  return distance < 0x80000000U ? SerialOrder::less : SerialOrder::greater;
}

constexpr bool is_newer(Serial candidate, Serial reference) {
  return compare(candidate, reference) == SerialOrder::greater;
}

}  // namespace zonelag::decoder

template <>
struct std::hash<zonelag::decoder::Serial> {
  std::size_t operator()(zonelag::decoder::Serial serial) const noexcept { return serial.value(); }
};
