#include "progress_bar.h"

#include <fmt/format.h>

#include <cstdio>

namespace zonelag::cli {
namespace {

constexpr std::size_t kWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

std::string scaled(double value) {
  for (const char* unit : {"", " k", " M"}) {
    if (value < 1000) return fmt::format("{:.{}f}{}", value, *unit == '\0' ? 0 : 1, unit);
    value /= 1000;
  }
  return fmt::format("{:.1f} G", value);
}

}  // namespace

std::string progress_line(const sensor::ReplayProgress& progress, std::chrono::duration<double> elapsed) {
  std::string line;
  if (progress.total_bytes > 0) {
    const double share =
        std::min(1.0, static_cast<double>(progress.bytes_read) / static_cast<double>(progress.total_bytes));
    const auto done = static_cast<std::size_t>(share * kWidth);
    line = fmt::format("[{:=<{}}>{: <{}}] {:3.0f} %  ", "", done, "", kWidth - done, share * 100);
  }
  line += fmt::format("{} packets", scaled(static_cast<double>(progress.packets)));
  if (elapsed.count() > 0)
    line += fmt::format("  {}B/s", scaled(static_cast<double>(progress.bytes_read) / elapsed.count()));
  return line;
}

void ProgressBar::show(const sensor::ReplayProgress& progress) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (shown_ && now - last_ < kInterval) return;
  last_ = now;
  shown_ = true;
  std::fputs(("\r" + progress_line(progress, now - start_) + "\x1b[K").c_str(), stderr);
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!shown_) return;
  shown_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace zonelag::cli
