#include "text.h"

#include <algorithm>
#include <cstdint>

namespace zonelag::proto {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool between(std::string_view text, std::size_t at, unsigned low, unsigned high) {
  if (at >= text.size()) return false;
  const auto byte = static_cast<std::uint8_t>(text[at]);
  return byte >= low && byte <= high;
}

bool continues(std::string_view text, std::size_t at) { return between(text, at, 0x80, 0xbf); }

// Bytes of the character at the start of `text`, 0 if there is none: the table of RFC 3629 section 4.
std::size_t character_length(std::string_view text) {
  if (between(text, 0, 0x01, 0x7f)) return 1;
  if (between(text, 0, 0xc2, 0xdf)) return continues(text, 1) ? 2 : 0;
  if (between(text, 0, 0xe0, 0xef)) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;   // not overlong
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;  // no surrogate
    return between(text, 1, low, high) && continues(text, 2) ? 3 : 0;
  }
  if (between(text, 0, 0xf0, 0xf4)) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;   // not overlong
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;  // not above U+10FFFF
    return between(text, 1, low, high) && continues(text, 2) && continues(text, 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string as_text(std::string_view text) {
  // Nearly always ASCII.
  if (std::ranges::all_of(text, [](char c) { return c > '\0' && static_cast<std::uint8_t>(c) < 0x80; })) {
    return std::string(text);
  }
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    result += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace zonelag::proto
