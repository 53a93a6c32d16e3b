#include "spool_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sensor/publish/spool.h"
#include "spool_format.h"

namespace zonelag::sensor {
namespace {

std::unexpected<std::string> failure(const std::string& path, const char* what, int error) {
  return std::unexpected(fmt::format("spool '{}': {}: {}", path, what, std::generic_category().message(error)));
}

// As far as the lock's file says it; else 0.
long pid_in(int lock) {
  std::array<char, 16> text{};
  const auto got = ::pread(lock, text.data(), text.size(), 0);
  long pid = 0;
  if (got <= 0 || std::from_chars(text.data(), text.data() + got, pid).ec != std::errc{}) return 0;
  return std::max(pid, 0L);
}

std::string holder(int lock) {
  const long pid = pid_in(lock);
  return pid == 0 ? "" : fmt::format(" (PID {})", pid);
}

}  // namespace

std::optional<long> spool_holder(const std::string& directory) {
  const Descriptor lock(::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return std::nullopt;
  return pid_in(lock.get());
}

std::expected<SpoolDirectory, std::string> SpoolDirectory::open(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return failure(path, "cannot be made", error.value());
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return failure(path, "cannot be made", errno);
  SpoolDirectory directory(path);
  if (auto locked = directory.lock(); !locked) return std::unexpected(std::move(locked.error()));
  return directory;
}

std::expected<void, std::string> SpoolDirectory::lock() {
  const std::string file = path_ + "/lock";
  lock_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!lock_) return failure(path_, "cannot be written", errno);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failure(path_, "cannot be locked", errno);
    return std::unexpected(
        fmt::format("spool '{}': another sensor{} uses it: stop that one, or give this one a directory of its own",
                    path_, holder(lock_.get())));
  }
  // For that message only; a full disk may keep it from being written.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock_.get(), 0) == 0) [[maybe_unused]]
    const auto written = ::pwrite(lock_.get(), pid.data(), pid.size(), 0);
  return {};
}

std::string SpoolDirectory::path_of(std::uint64_t first) const { return path_ + "/" + segment_name(first); }

std::expected<std::vector<std::uint64_t>, std::string> SpoolDirectory::segments() const {
  std::vector<std::uint64_t> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(path_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const auto first = segment_first(entry->path().filename().native());
    if (first && entry->is_regular_file(ignored)) found.push_back(*first);
  }
  if (error) return failure(path_, "cannot be listed", error.value());
  std::ranges::sort(found);
  return found;
}

void SpoolDirectory::remove(std::uint64_t first) const { ::unlink(path_of(first).c_str()); }

void SpoolDirectory::sync() const {
  const Descriptor self(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (self) ::fsync(self.get());
}

}  // namespace zonelag::sensor
