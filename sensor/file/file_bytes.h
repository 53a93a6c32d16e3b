// Numbers of capture files, which come in the byte order of the machine that wrote them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace zonelag::sensor {

// At `at` there are at least sizeof(Number) bytes.
template <std::endian kOrder, typename Number>
Number load(const std::byte* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  if constexpr (kOrder != std::endian::native) number = std::byteswap(number);
  return number;
}

template <typename Number>
Number load(std::endian order, const std::byte* at) {
  return order == std::endian::little ? load<std::endian::little, Number>(at) : load<std::endian::big, Number>(at);
}

}  // namespace zonelag::sensor
