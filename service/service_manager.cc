#include "service/service_manager.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace zonelag::service {
namespace {

// A line break would begin a new assignment.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char byte) { return static_cast<unsigned char>(byte) < ' '; }, ' ');
  return text;
}

// A manager that does not listen is no reason to stop measuring.
void notify(const std::string& message) { sd_notify(0, message.c_str()); }

}  // namespace

void ServiceManager::ready(const std::string& status) { notify("READY=1\nSTATUS=" + one_line(status)); }

void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds));
}

void ServiceManager::stopping(const std::string& status) { notify("STOPPING=1\nSTATUS=" + one_line(status)); }

void ServiceManager::status(const std::string& status) { notify("STATUS=" + one_line(status)); }

void ServiceManager::alive() { notify("WATCHDOG=1"); }

std::optional<std::chrono::microseconds> ServiceManager::watchdog_interval() const {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds / 2);
}

bool standard_error_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat state{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &state) != 0) return false;
  return stream == fmt::format("{}:{}", state.st_dev, state.st_ino);
}

}  // namespace zonelag::service
