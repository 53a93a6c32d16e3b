#include "raw_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace zonelag::sensor {
namespace {

std::unexpected<CaptureProblem> failure(CaptureFault fault, const std::string& name, const std::string& why) {
  return std::unexpected(CaptureProblem{fault, fmt::format("{}: {}", name, why)});
}

std::string words(int error) { return std::generic_category().message(error); }

}  // namespace

std::expected<std::unique_ptr<RawFile>, CaptureProblem> RawFile::open(const std::string& path) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path;
  const int descriptor =
      standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(CaptureFault::cannot_open, name, words(errno));
  std::unique_ptr<RawFile> file(new RawFile(name, descriptor));
  if (auto examined = file->examine(); !examined) return std::unexpected(std::move(examined.error()));
  return file;
}

RawFile::RawFile(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

RawFile::~RawFile() {
  ::close(descriptor_);
  if (interrupt_ >= 0) ::close(interrupt_);
}

std::expected<void, CaptureProblem> RawFile::examine() {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return failure(CaptureFault::cannot_open, name_, words(errno));
  if (S_ISDIR(status.st_mode)) return failure(CaptureFault::is_directory, name_, "is a directory");
  if (::isatty(descriptor_) != 0) {
    return failure(CaptureFault::cannot_open, name_, "is a terminal, not a file or a pipe");
  }
  regular_ = S_ISREG(status.st_mode);
  if (regular_) {
    const auto position = ::lseek(descriptor_, 0, SEEK_CUR);  // standard input may have been read from before
    if (position >= 0 && position < status.st_size)
      total_bytes_ = static_cast<std::uint64_t>(status.st_size - position);
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
    return {};
  }
  interrupt_ = ::eventfd(0, EFD_CLOEXEC);
  if (interrupt_ < 0) return failure(CaptureFault::cannot_open, name_, words(errno));
  return {};
}

std::size_t RawFile::read(std::span<std::byte> into) {
  while (error_ == 0) {
    if (!regular_ && !wait()) return 0;
    const auto got = ::read(descriptor_, into.data(), into.size());
    if (got >= 0) {
      const auto count = static_cast<std::size_t>(got);
      bytes_read_.fetch_add(count, std::memory_order_relaxed);
      return count;
    }
    if (errno != EINTR && errno != EAGAIN) error_ = errno;
  }
  return 0;
}

void RawFile::interrupt() const {
  const std::uint64_t one = 1;
  if (interrupt_ >= 0) [[maybe_unused]]
    const auto written = ::write(interrupt_, &one, sizeof one);
}

bool RawFile::would_wait() const {
  pollfd waiting{descriptor_, POLLIN, 0};
  return !regular_ && ::poll(&waiting, 1, 0) == 0;
}

// False: interrupted.
bool RawFile::wait() const {
  std::array<pollfd, 2> waiting{{{descriptor_, POLLIN, 0}, {interrupt_, POLLIN, 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0) {
    if (errno != EINTR) break;
  }
  return waiting[1].revents == 0;
}

}  // namespace zonelag::sensor
