// A name in canonical wire form that costs its bytes, one more and a pointer: for tables with a million of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "decoder/zone_name.h"

namespace zonelag::decoder {

class CompactName {
 public:
  CompactName() = default;
  // `wire` has at most kMaxNameLength bytes, so that its length fits the first one.
  explicit CompactName(std::string_view wire) : bytes_(std::make_unique_for_overwrite<char[]>(wire.size() + 1)) {
    bytes_[0] = static_cast<char>(wire.size());
    std::ranges::copy(wire, bytes_.get() + 1);
  }

  std::string_view wire() const {
    return bytes_ ? std::string_view(bytes_.get() + 1, static_cast<std::uint8_t>(bytes_[0])) : std::string_view();
  }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace zonelag::decoder
