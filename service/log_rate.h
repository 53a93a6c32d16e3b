// How often a kind of log entry is written: some in a window that begins with the first, the others are counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "service/log.h"

namespace zonelag::service {

struct Suppressed {
  std::string kind;
  LogLevel level = LogLevel::info;
  std::uint64_t lines = 0;
};

// One thread.
class LogRateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LogRateLimit(LogRate rate) : rate_(rate) {}

  // Whether an entry is to be written. Windows that have ended must have been taken before (ended()).
  bool admit(LogLevel level, std::string_view kind, Time now);
  // Closes the windows that are over, and returns those in which something was suppressed.
  std::vector<Suppressed> ended(Time now);
  // Closes all.
  std::vector<Suppressed> all() { return ended(Time::max()); }
  std::uint64_t suppressed() const { return suppressed_; }

 private:
  struct Window {
    Time begin;
    LogLevel level = LogLevel::info;
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
  };
  // Kinds are constants of ours, a few dozen. Beyond so many, new ones share one window.
  static constexpr std::size_t kMaxKinds = 256;

  LogRate rate_;
  std::map<std::string, Window, std::less<>> windows_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace zonelag::service
