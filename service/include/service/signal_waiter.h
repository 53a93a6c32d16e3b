// Signals as values: blocked in every thread that is started later, and taken by the main thread when it has time.
#pragma once

#include <chrono>

namespace zonelag::service {

class SignalWaiter {
 public:
  // Blocks SIGHUP, SIGINT and SIGTERM; ignores SIGPIPE. Before the first thread starts.
  SignalWaiter();
  // The signal that came, within `wait`; 0: none.
  int wait(std::chrono::milliseconds wait) const;
};

}  // namespace zonelag::service
