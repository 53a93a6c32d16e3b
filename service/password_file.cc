#include "service/password_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace zonelag::service {

std::expected<std::string, std::string> read_password(std::string_view key, const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file) return std::unexpected(fmt::format("{} '{}': {}", key, path, std::strerror(errno)));
  std::getline(file, line);
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return std::unexpected(fmt::format("{} '{}': its first line is empty", key, path));
  return line;
}

}  // namespace zonelag::service
