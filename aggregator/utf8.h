// UTF-8, one character at a time. Private to the room.
#pragma once

#include <cstddef>
#include <string_view>

namespace zonelag::aggregator {

inline constexpr char32_t kReplacement = 0xfffd;

struct Character {
  char32_t code = kReplacement;
  std::size_t length = 1;  // bytes; 1 where the text is not UTF-8
  bool valid = false;
};

// The first character of a text that is not empty. RFC 3629: overlong forms, surrogates and what lies beyond U+10FFFF
// are not valid.
constexpr Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length, true};
}

}  // namespace zonelag::aggregator
