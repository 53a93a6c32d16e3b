#include "service/config_problem.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace zonelag::service {

std::string describe(const ConfigProblem& problem, const Origins& origins) {
  const auto origin = origins.find(problem.key);
  if (origin == origins.end()) return fmt::format("{}: {}", problem.key, problem.what);
  if (origin->second.starts_with("--")) return fmt::format("{}: {}", origin->second, problem.what);
  return fmt::format("{}: {}: {}", origin->second, problem.key, problem.what);
}

void check_file(std::string_view key, const std::string& path, std::vector<ConfigProblem>& problems) {
  if (path.empty()) return;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    problems.push_back({key, fmt::format("{}: is a directory", path)});
  } else if (access(path.c_str(), R_OK) != 0) {
    problems.push_back({key, fmt::format("{}: {}", path, std::strerror(errno))});
  }
}

void check_listen(std::string_view key, const std::string& listen, ConfigCheck& check) {
  const bool loopback = listen.starts_with("127.") || listen.starts_with("[::1]:") || listen.starts_with("localhost:");
  if (listen.empty() || loopback) return;
  check.warnings.push_back({key, fmt::format("{} can be reached from other hosts; 127.0.0.1 and ::1 can't", listen)});
}

}  // namespace zonelag::service
