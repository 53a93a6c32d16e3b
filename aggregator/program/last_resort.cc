#include "last_resort.h"

#include <cstdlib>

#include "service/exit_code.h"

namespace zonelag::aggregator {

LastResort::LastResort(service::Log& log, std::chrono::milliseconds after)
    : thread_([this, &log, after](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (ended_.wait_for(lock, stop, after, [&] { return stop.stop_requested(); }) || stop.stop_requested()) return;
        log.error("ended while something was under way",
                  {{"reason", "it did not come back in time; what is not committed will be read again"}});
        std::_Exit(service::kExitFailed);
      }) {}

}  // namespace zonelag::aggregator
