#include "log_rate.h"

namespace zonelag::service {

bool LogRateLimit::admit(LogLevel level, std::string_view kind, Time now) {
  auto found = windows_.find(kind);
  if (found == windows_.end()) {
    const std::string_view key = windows_.size() < kMaxKinds ? kind : "other kinds";
    found = windows_.try_emplace(std::string(key), Window{.begin = now, .level = level}).first;
  }
  Window& window = found->second;
  if (window.written < rate_.lines) {
    ++window.written;
    return true;
  }
  ++window.suppressed;
  ++suppressed_;
  return false;
}

std::vector<Suppressed> LogRateLimit::ended(Time now) {
  std::vector<Suppressed> result;
  for (auto at = windows_.begin(); at != windows_.end();) {
    const Window& window = at->second;
    if (now - window.begin < rate_.window) {
      ++at;
      continue;
    }
    if (window.suppressed > 0) result.push_back({at->first, window.level, window.suppressed});
    at = windows_.erase(at);
  }
  return result;
}

}  // namespace zonelag::service
