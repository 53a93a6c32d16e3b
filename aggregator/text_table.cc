#include "aggregator/text_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "utf8.h"

namespace zonelag::aggregator {
namespace {

using Range = std::pair<char32_t, char32_t>;

// Combining marks and zero-width characters, and wide characters (UAX #11): what place and account names use, not all
// of Unicode.
constexpr std::array kNoWidth{Range{0x300, 0x36f}, Range{0x200b, 0x200f}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f},
                              Range{0xfeff, 0xfeff}};
constexpr std::array kWide{Range{0x1100, 0x115f},  Range{0x2e80, 0xa4cf}, Range{0xac00, 0xd7a3},
                           Range{0xf900, 0xfaff},  Range{0xff00, 0xff60}, Range{0x1f300, 0x1faff},
                           Range{0x20000, 0x3fffd}};

constexpr std::size_t kGap = 2;

bool within(char32_t code, const auto& ranges) {
  return std::ranges::any_of(ranges,
                             [code](const Range& range) { return code >= range.first && code <= range.second; });
}

bool is_control(char32_t code) {
  const bool bidirectional = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || bidirectional;
}

const char* sequence(Style style) {
  constexpr std::array kSequences{"", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"};
  return kSequences[static_cast<std::size_t>(style)];
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!within(c.code, kNoWidth)) width += within(c.code, kWide) ? 2 : 1;
    text.remove_prefix(c.length);
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character c = first_character(text);
    out += c.valid && !is_control(c.code) ? text.substr(0, c.length) : "?";
    text.remove_prefix(c.length);
  }
  return out;
}

std::string styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  return std::string(sequence(style)) + std::string(text) + "\x1b[0m";
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i].text));
    if (widths[i] > 0) widths[i] = std::max(widths[i], display_width(columns_[i].title));
  }
  return widths;
}

std::string TextTable::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, std::size_t indent,
                            bool colour) const {
  std::string out;
  std::size_t blanks = indent;  // owed before the next text, so that none trail
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (widths[i] == 0) continue;
    const std::size_t padding = widths[i] - std::min(widths[i], display_width(row[i].text));
    if (columns_[i].align == Align::right) blanks += padding;
    if (!row[i].text.empty()) {
      out.append(std::exchange(blanks, 0), ' ');
      out += styled(row[i].text, row[i].style, colour);
    }
    if (columns_[i].align == Align::left) blanks += padding;
    blanks += kGap;
  }
  return out + '\n';
}

std::string TextTable::render(std::size_t indent, bool colour) const {
  const std::vector<std::size_t> all = widths();
  std::vector<Cell> header;
  for (const Column& column : columns_) header.push_back({column.title, Style::dim});
  std::string out = line(header, all, indent, colour);
  for (const auto& row : rows_) out += line(row, all, indent, colour);
  return out;
}

}  // namespace zonelag::aggregator
