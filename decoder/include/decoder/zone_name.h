// A zone's owner name in canonical form: lower-case, uncompressed wire format (RFC 1035 section 3.1, RFC 4034
// section 6.2). Comparison is comparison of these bytes. As text: lower case, no trailing dot, RFC 4343 escapes;
// the root is ".".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/cursor.h"

namespace zonelag::decoder {

inline constexpr std::size_t kMaxNameLength = 255;  // RFC 1035 section 2.3.4, with the root's zero byte
inline constexpr std::size_t kMaxLabelLength = 63;

class ZoneName {
 public:
  ZoneName() : wire_(1, '\0') {}  // the root
  // `canonical` is already lower-case wire form with its root byte; not checked.
  static ZoneName from_canonical(std::string_view canonical);
  // Lower-cases; nullopt unless `wire` is exactly one uncompressed name.
  static std::optional<ZoneName> from_wire(Bytes wire);
  // Presentation format, with or without the trailing dot, \DDD and \X escapes.
  static std::optional<ZoneName> parse(std::string_view text);

  std::string_view wire() const { return wire_; }
  std::string to_text() const;
  bool is_root() const { return wire_.size() == 1; }

  friend bool operator==(const ZoneName&, const ZoneName&) = default;
  // Orders by text-independent wire bytes: a total order for sorted output and maps, not DNSSEC's canonical order.
  friend auto operator<=>(const ZoneName&, const ZoneName&) = default;

 private:
  std::string wire_;
};

// ASCII only (RFC 4343 section 3): other bytes are unchanged.
constexpr std::uint8_t lower(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }

}  // namespace zonelag::decoder

template <>
struct std::hash<zonelag::decoder::ZoneName> {
  std::size_t operator()(const zonelag::decoder::ZoneName& name) const noexcept {
    return std::hash<std::string_view>{}(name.wire());
  }
};
