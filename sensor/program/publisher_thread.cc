#include "publisher_thread.h"

#include <utility>

namespace zonelag::sensor {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenFigures{500};
// How long a round waits for events, and again for deliveries:
constexpr milliseconds kWhileDelivering{5};
constexpr milliseconds kWithoutBroker{100};
constexpr milliseconds kIdle{250};
constexpr milliseconds kBatch{75};  // events wait so long for others before they are spooled

}  // namespace

PublisherThread::PublisherThread(EventQueue& queue, Output& output)
    : queue_(queue), output_(output), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void PublisherThread::run(const std::stop_token& stop) {
  std::vector<decoder::Event> events;
  SteadyClock::time_point next_figures;
  while (!stop.stop_requested()) {
    if (auto wanted = wanted_.update([](auto& value) { return std::exchange(value, std::nullopt); })) {
      output_.reconfigure(*wanted);
    }
    round(events);
    output_failed_ = output_.failed();
    if (SteadyClock::now() < next_figures) continue;
    next_figures = SteadyClock::now() + kBetweenFigures;
    published_.set(output_.figures());
  }
}

void PublisherThread::round(std::vector<decoder::Event>& events) {
  const bool idle = output_.drained();
  const milliseconds wait = idle ? kIdle : output_.blocked() ? kWithoutBroker : kWhileDelivering;
  queue_.take(events, wait, kBatch);
  output_.step(events, idle ? milliseconds{0} : wait);
}

bool PublisherThread::finish(milliseconds most) {
  if (thread_.joinable()) {  // the first time
    thread_.request_stop();
    thread_.join();
  }
  const SteadyClock::time_point deadline = SteadyClock::now() + most;
  std::vector<decoder::Event> events;
  do {
    queue_.take(events, milliseconds{0}, milliseconds{0});
    output_.step(events, kWhileDelivering);
  } while ((queue_.figures().waiting > 0 || !output_.drained()) && SteadyClock::now() < deadline);
  published_.set(output_.figures());
  return output_.drained();
}

}  // namespace zonelag::sensor
