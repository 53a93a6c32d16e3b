// Ctrl-C and SIGTERM as a stop request.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace zonelag::cli {

// From its construction (before any other thread is started) to its end. While captures are read, the first SIGINT or
// SIGTERM requests a stop, so that the results so far are printed; a second one, and any at another time, ends the
// process at once.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  std::stop_token token() const { return stop_.get_token(); }
  bool requested() const { return stop_.stop_requested(); }
  void reading_begins() { reading_ = true; }
  void reading_ended() { reading_ = false; }

 private:
  std::stop_source stop_;
  std::atomic<bool> reading_ = false;
  std::jthread waiter_;
};

}  // namespace zonelag::cli
