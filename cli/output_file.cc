#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "sensor/capture_file.h"

namespace zonelag::cli {
namespace {

bool is_capture(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && sensor::open_capture(path).has_value();
}

}  // namespace

std::optional<std::string> why_not_writable(std::string_view what, const std::string& path) {
  if (path == "-") return std::nullopt;
  if (is_capture(path)) return fmt::format("{} '{}': is a capture, and is not overwritten", what, path);
  std::error_code ignored;
  const bool existed = std::filesystem::exists(path, ignored);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  // ENXIO: a FIFO that nobody reads yet.
  if (descriptor < 0 && errno != ENXIO) return fmt::format("{} '{}': {}", what, path, std::strerror(errno));
  if (descriptor >= 0) ::close(descriptor);
  if (!existed) std::filesystem::remove(path, ignored);
  return std::nullopt;
}

bool write_file(std::string_view what, const std::string& path, Output& standard_output,
                const std::function<void(std::ostream&)>& write) {
  // Whole before the file is touched: an interruption leaves what was there, and nothing empty.
  std::ostringstream text;
  write(text);
  if (path == "-") {
    standard_output.write(text.view());
    return true;
  }
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file) file << text.view();
  file.close();
  if (file) return true;
  complain(fmt::format("{} '{}': {}", what, path, errno != 0 ? std::strerror(errno) : "cannot be written"));
  return false;
}

}  // namespace zonelag::cli
