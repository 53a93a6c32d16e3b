// A domain name in uncompressed wire form.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

class Name {
 public:
  static constexpr std::size_t kMaxSize = 255;
  static constexpr std::size_t kMaxLabel = 63;

  /// The root.
  Name() { bytes_[0] = 0; }

  /// Dots between labels, a trailing one allowed, no escapes. Nothing when a label or the name is too long or empty.
  static std::optional<Name> parse(std::string_view text);
  /// parse() for names that this program makes up itself.
  static Name of(std::string_view text);

  /// Becomes `label`.`parent`; `parent` may be this name.
  void assign(std::string_view label, const Name& parent);

  ByteView wire() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, kMaxSize> bytes_;
  std::uint8_t size_ = 1;
};

/// A label like "h17".
std::string numbered(std::string_view prefix, std::uint64_t number);

}  // namespace zonelag::traffic
