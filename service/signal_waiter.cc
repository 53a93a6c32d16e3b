#include "service/signal_waiter.h"

#include <csignal>
#include <ctime>

namespace zonelag::service {
namespace {

sigset_t awaited() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalWaiter::SignalWaiter() {
  const sigset_t set = awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int SignalWaiter::wait(std::chrono::milliseconds wait) const {
  const sigset_t set = awaited();
  const timespec most{.tv_sec = wait.count() / 1000, .tv_nsec = wait.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&set, nullptr, &most);
  return signal > 0 ? signal : 0;
}

}  // namespace zonelag::service
