#include "interrupt.h"

#include <csignal>
#include <cstdlib>
#include <ctime>

#include "exit_code.h"

namespace zonelag::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 50'000'000};  // how often the waiter looks whether it is to end

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this, set](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      if (sigtimedwait(&set, nullptr, &kLook) <= 0) continue;
      if (!reading_ || stop_.stop_requested()) std::_Exit(kExitInterrupted);
      stop_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  waiter_.request_stop();
  waiter_.join();
  const sigset_t set = watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace zonelag::cli
