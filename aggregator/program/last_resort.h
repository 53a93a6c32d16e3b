// Ends the process when something does not come back: a database that does not answer, a disk that hangs. Everything
// that is not committed by then is read again at the next start.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/log.h"

namespace zonelag::aggregator {

class LastResort {
 public:
  // Ends the process `after` that time, unless it is destroyed before.
  LastResort(service::Log& log, std::chrono::milliseconds after);

 private:
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace zonelag::aggregator
