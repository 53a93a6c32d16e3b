// The end: captures first, then what they made is delivered or kept.
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

#include "exit_code.h"
#include "file_capture.h"
#include "sensor.h"

namespace zonelag::sensor {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kMostForDelivery{3000};  // SIGTERM is to be obeyed within 5 s
constexpr milliseconds kBetweenLooks{200};
constexpr milliseconds kMostForAll{4500};

// Ends the process when something does not come back from the kernel: a pipe that nobody reads, a disk that hangs.
class LastResort {
 public:
  explicit LastResort(service::Log& log) : thread_([this, &log](const std::stop_token& stop) { wait(stop, log); }) {}

 private:
  void wait(const std::stop_token& stop, service::Log& log) {
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, stop, kMostForAll, [&] { return stop.stop_requested(); }) || stop.stop_requested())
      return;
    log.error("the output is not complete", {{"reason", "it did not take what there is in time"}});
    std::_Exit(kExitFailed);
  }
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace

int Sensor::finish(const service::SignalWaiter& signals, bool told) {
  std::optional<LastResort> last_resort;
  if (told) last_resort.emplace(log_);
  service_.stopping("delivering what was captured");
  if (told) queue_.release();
  for (auto& thread : threads_) thread.request_stop();
  if (told) {
    for (const auto& worker : workers_) worker->wake();
  }
  threads_.clear();  // joins
  tell_notices();
  figures_.set(collect());
  publisher_->finish(milliseconds{0});  // what is in the queue: it may be full, and would drop the last word
  beat();
  const bool delivered = deliver_rest(signals, told);
  if (http_) http_->stop();
  const std::string problem = output_->close();
  if (!problem.empty()) log_.error("the output is not complete", {{"reason", problem}});
  const SensorFigures figures = collect();
  log_.info("ended", {{"events", figures.queue.pushed}, {"in_spool", figures.spool.waiting_records}});
  log_.flush();
  if (!problem.empty()) return kExitFailed;
  if (file_capture_ != nullptr) return tell_file_problems() || !delivered ? kExitIncomplete : kExitOk;
  return told ? kExitOk : kExitRestart;
}

// Told to end, it delivers for a few seconds what it can: the spool keeps the rest. At the end of files there is no
// hurry: all is delivered, unless a signal says that this is enough.
bool Sensor::deliver_rest(const service::SignalWaiter& signals, bool told) {
  if (told || file_capture_ == nullptr) return publisher_->finish(kMostForDelivery);
  while (!publisher_->finish(kBetweenLooks)) {
    figures_.set(collect());
    log_.tick();
    const int signal = signals.wait(milliseconds{0});
    if (signal == SIGTERM || signal == SIGINT) return false;
  }
  return true;
}

bool Sensor::tell_file_problems() {
  bool incomplete = false;
  for (const CaptureProblem& problem : file_capture_->problems()) {
    log_.write(is_warning(problem.fault) ? service::LogLevel::warning : service::LogLevel::error, problem.text,
               problem.text);
    incomplete = incomplete || !is_warning(problem.fault);
  }
  return incomplete;
}

}  // namespace zonelag::sensor
