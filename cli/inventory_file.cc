#include "inventory_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

namespace zonelag::cli {
namespace {

std::string text_of(std::istream& stream) { return {std::istreambuf_iterator<char>(stream), {}}; }

std::expected<std::string, std::string> read_text(const std::string& path) {
  if (path == "-") return text_of(std::cin);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::unexpected(fmt::format("{}: is a directory", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return text_of(file);
}

}  // namespace

std::expected<InventoryFile, std::string> read_inventory_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return std::unexpected(text.error());
  InventoryFile file;
  file.name = path == "-" ? "standard input" : path;
  auto rows = aggregator::parse_inventory_toml(*text, file.name);
  if (!rows) return std::unexpected(rows.error());
  file.rows = *std::move(rows);
  file.contradictions = aggregator::contradictions(file.rows);
  return file;
}

}  // namespace zonelag::cli
