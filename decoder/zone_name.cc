#include "decoder/zone_name.h"

#include <array>

namespace zonelag::decoder {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads one character of a label's text, escapes resolved. nullopt: a bad escape. `at` is moved past it.
std::optional<std::uint8_t> read_character(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '\\') return static_cast<std::uint8_t>(c);
  if (at >= text.size()) return std::nullopt;
  if (!is_digit(text[at])) return static_cast<std::uint8_t>(text[at++]);
  if (text.size() - at < 3 || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return std::nullopt;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  if (value > 255) return std::nullopt;
  at += 3;
  return static_cast<std::uint8_t>(value);
}

void append_escaped(std::string& text, std::uint8_t c) {
  if (c <= 0x20 || c >= 0x7f) {
    const std::array<char, 4> escape{'\\', static_cast<char>('0' + c / 100), static_cast<char>('0' + c / 10 % 10),
                                     static_cast<char>('0' + c % 10)};
    text.append(escape.data(), escape.size());
    return;
  }
  constexpr std::string_view kSpecial = ".\\\"();@$";
  if (kSpecial.find(static_cast<char>(c)) != std::string_view::npos) text.push_back('\\');
  text.push_back(static_cast<char>(c));
}

}  // namespace

ZoneName ZoneName::from_canonical(std::string_view canonical) {
  ZoneName name;
  name.wire_.assign(canonical);
  return name;
}

std::optional<ZoneName> ZoneName::from_wire(Bytes wire) {
  if (wire.size() > kMaxNameLength) return std::nullopt;
  ZoneName name;
  name.wire_.clear();
  Cursor cursor(wire);
  while (cursor.ok()) {
    const std::uint8_t length = cursor.u8();
    if (length > kMaxLabelLength) return std::nullopt;
    const Bytes label = cursor.take(length);
    if (!cursor.ok()) return std::nullopt;
    name.wire_.push_back(static_cast<char>(length));
    for (const std::byte b : label) name.wire_.push_back(static_cast<char>(lower(std::to_integer<std::uint8_t>(b))));
    if (length == 0) break;
  }
  if (!cursor.ok() || cursor.left() != 0) return std::nullopt;
  return name;
}

std::optional<ZoneName> ZoneName::parse(std::string_view text) {
  ZoneName name;
  if (text == ".") return name;
  if (text.empty()) return std::nullopt;
  name.wire_.clear();
  std::size_t at = 0;
  while (at < text.size()) {
    std::string label;
    while (at < text.size() && text[at] != '.') {
      const auto c = read_character(text, at);
      if (!c) return std::nullopt;
      label.push_back(static_cast<char>(lower(*c)));
    }
    if (label.empty() || label.size() > kMaxLabelLength) return std::nullopt;
    name.wire_.push_back(static_cast<char>(label.size()));
    name.wire_ += label;
    if (at < text.size()) ++at;  // the dot
  }
  name.wire_.push_back('\0');
  if (name.wire_.size() > kMaxNameLength) return std::nullopt;
  return name;
}

std::string ZoneName::to_text() const {
  if (is_root()) return ".";
  std::string text;
  std::size_t at = 0;
  while (at < wire_.size() && wire_[at] != '\0') {
    const auto length = static_cast<std::uint8_t>(wire_[at++]);
    if (!text.empty()) text.push_back('.');
    for (std::size_t i = 0; i < length && at < wire_.size(); ++i)
      append_escaped(text, static_cast<std::uint8_t>(wire_[at++]));
  }
  return text;
}

}  // namespace zonelag::decoder
