#include "spool_home.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace zonelag::sensor {

std::expected<void, std::string> make_spool_directory(const std::string& directory, const std::string& user) {
  if (geteuid() != 0 || user.empty()) return {};
  std::error_code error;
  if (std::filesystem::exists(directory, error)) return {};
  const passwd* account = getpwnam(user.c_str());
  if (account == nullptr) return {};  // drop_privileges() says it
  std::filesystem::create_directories(directory, error);
  if (error) return std::unexpected(fmt::format("spool.directory '{}': {}", directory, error.message()));
  // The last part only: what is above it is not ours.
  if (chmod(directory.c_str(), 0750) != 0 || chown(directory.c_str(), account->pw_uid, account->pw_gid) != 0) {
    return std::unexpected(fmt::format("spool.directory '{}': {}", directory, std::strerror(errno)));
  }
  return {};
}

}  // namespace zonelag::sensor
