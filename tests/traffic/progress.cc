#include "traffic/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace zonelag::traffic {

Progress Progress::on_terminal() {
  Progress progress;
  progress.enabled_ = isatty(STDERR_FILENO) == 1;
  return progress;
}

Progress::Progress(Progress&& other) noexcept
    : enabled_{std::exchange(other.enabled_, false)},
      drawn_{std::exchange(other.drawn_, false)},
      unit_{std::move(other.unit_)},
      total_{other.total_},
      next_look_{other.next_look_},
      started_{other.started_},
      last_draw_{other.last_draw_} {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::begin(std::string_view unit, std::uint64_t total) {
  unit_ = unit;
  total_ = total;
  if (!enabled_) return;
  started_ = last_draw_ = std::chrono::steady_clock::now();
  next_look_ = kStride;
}

void Progress::look(std::uint64_t done) {
  next_look_ = done + kStride;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_draw_ < kRedraw) return;
  last_draw_ = now;
  drawn_ = true;
  const double percent = total_ == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total_);
  const double rate = static_cast<double>(done) / std::chrono::duration<double>(now - started_).count();
  std::fprintf(stderr, "\r%3.0f %% of %llu %s, %.2f M/s\033[K", percent, static_cast<unsigned long long>(total_),
               unit_.c_str(), rate / 1e6);
  std::fflush(stderr);
}

}  // namespace zonelag::traffic
