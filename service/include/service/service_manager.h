// Talking to the service manager: sd_notify(3). Without one (NOTIFY_SOCKET unset), nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace zonelag::service {

// Any thread. Works after restrict_system_calls().
class ServiceManager {
 public:
  // READY=1, also at the end of a reload; the status is what `systemctl status` shows, one line.
  void ready(const std::string& status);
  // RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload asks; ready() must follow.
  void reloading();
  // STOPPING=1.
  void stopping(const std::string& status);
  void status(const std::string& status);
  // WATCHDOG=1: the caller has just seen that everything makes progress.
  void alive();
  // How often alive() is due: half of what the manager waits for; nullopt: it does not watch us.
  std::optional<std::chrono::microseconds> watchdog_interval() const;
};

// Whether standard error is connected to the journal (JOURNAL_STREAM names its device and inode).
bool standard_error_is_journal();

}  // namespace zonelag::service
