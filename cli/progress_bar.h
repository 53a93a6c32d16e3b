// A progress bar on a terminal; nothing in a pipe.
#pragma once

#include <chrono>
#include <string>

#include "sensor/replay.h"

namespace zonelag::cli {

class ProgressBar {
 public:
  // `enabled`: standard error is a terminal, and nobody asked for quiet.
  explicit ProgressBar(bool enabled) : enabled_(enabled) {}
  ~ProgressBar() { clear(); }

  void show(const sensor::ReplayProgress& progress);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool enabled_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_;
};

// "[=========>          ]  43 %  12.3 M packets  1.2 GB/s": without a known total the bar is left out.
std::string progress_line(const sensor::ReplayProgress& progress, std::chrono::duration<double> elapsed);

}  // namespace zonelag::cli
