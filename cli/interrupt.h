// Ctrl-C and SIGTERM as a stop request.
#pragma once

#include <stop_token>
#include <thread>

namespace zonelag::cli {

// From its construction (before any other thread is started) to its end, the first SIGINT or SIGTERM requests a stop;
// a second one ends the process at once.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  std::stop_token token() const { return stop_.get_token(); }
  bool requested() const { return stop_.stop_requested(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace zonelag::cli
