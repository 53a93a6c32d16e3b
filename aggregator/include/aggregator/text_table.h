// Columns in a terminal: aligned by display width, empty columns left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zonelag::aggregator {

enum class Style : std::uint8_t { plain, bold, dim, red, green, yellow };
enum class Align : std::uint8_t { left, right };

// Cells a terminal gives the text: wide East Asian characters two, combining ones none.
std::size_t display_width(std::string_view text);
// Control characters and bytes that are no UTF-8 as `?`, so that no text from elsewhere steers the terminal.
std::string printable(std::string_view text);
// With ANSI sequences around it, if wanted.
std::string styled(std::string_view text, Style style, bool colour);

struct Column {
  std::string title;
  Align align = Align::left;
};

struct Cell {
  std::string text;
  Style style = Style::plain;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // Header and rows, each indented and with its line feed, without trailing blanks.
  std::string render(std::size_t indent, bool colour) const;

 private:
  // Of each column; 0: nobody fills it.
  std::vector<std::size_t> widths() const;
  std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, std::size_t indent,
                   bool colour) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace zonelag::aggregator
