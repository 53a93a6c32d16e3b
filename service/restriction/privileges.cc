#include "service/restriction/privileges.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace zonelag::service {
namespace {

using Result = std::expected<void, std::string>;

struct User {
  uid_t id = 0;
  gid_t group = 0;
};

std::expected<User, std::string> find_user(const std::string& name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return std::unexpected(fmt::format("user '{}': {}", name,
                                       error != 0 ? std::strerror(error) : "is not there; create it, or set another"));
  }
  return User{found->pw_uid, found->pw_gid};
}

std::optional<std::string> status_value(const std::string& key) {
  std::ifstream file("/proc/thread-self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  }
  return std::nullopt;
}

// Capabilities belong to threads: one that runs already would keep its own.
Result check_threads() {
#ifdef __SANITIZE_THREAD__
  return {};  // its runtime has a thread of its own
#else
  const auto threads = status_value("Threads");
  if (threads == "1") return {};
  return std::unexpected(fmt::format("privileges can't be dropped: {} threads run already", threads.value_or("?")));
#endif
}

Result become(const User& user, const std::string& name) {
  // Supplementary groups are the user's own: keys of TLS are often readable by a group.
  capng_clear(CAPNG_SELECT_ALL);
  // libcap-ng's flags are an enum, to be or'ed all the same.
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
  constexpr auto kFlags = static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
  const int error = capng_change_id(static_cast<int>(user.id), static_cast<int>(user.group), kFlags);
  if (error == 0) return {};
  return std::unexpected(
      fmt::format("user '{}': can't be changed to (libcap-ng says {}): {}", name, error, std::strerror(errno)));
}

// Of who we are. The bounding set goes first: it takes CAP_SETPCAP, which goes with the rest.
Result clear_own() {
  const bool bounding = has_setpcap();
  capng_clear(CAPNG_SELECT_ALL);
  if (bounding && capng_apply(CAPNG_SELECT_BOUNDS) != 0) {
    return std::unexpected(fmt::format("the capability bounding set can't be emptied: {}", std::strerror(errno)));
  }
  if (capng_apply(CAPNG_SELECT_AMBIENT) == 0 && capng_apply(CAPNG_SELECT_CAPS) == 0) return {};
  return std::unexpected(fmt::format("capabilities can't be cleared: {}", std::strerror(errno)));
}

Result verify(bool bounding) {
  for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"}) {
    if (!bounding && std::string_view(set) == "CapBnd") continue;
    const auto value = status_value(set);
    if (value && value->find_first_not_of('0') == std::string::npos) continue;
    return std::unexpected(fmt::format("privileges are not gone: {} is {}", set, value.value_or("unknown")));
  }
  if (status_value("NoNewPrivs") == "1") return {};
  return std::unexpected("privileges are not gone: no_new_privs is not set");
}

bool has(unsigned int capability) {
  if (capng_get_caps_process() != 0) return false;
  return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

}  // namespace

bool has_net_raw() { return has(CAP_NET_RAW); }
bool has_setpcap() { return has(CAP_SETPCAP); }

std::string current_user() {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::string(found->pw_name) : std::to_string(::geteuid());
}

Result check_user(const std::string& user) {
  if (user.empty()) return {};
  const auto found = find_user(user);
  return found ? Result{} : std::unexpected(found.error());
}

Result drop_privileges(const std::string& user) {
  if (auto alone = check_threads(); !alone) return alone;
  std::optional<User> target;
  if (!user.empty()) {
    const auto found = find_user(user);
    if (!found) return std::unexpected(found.error());
    if (found->id != ::geteuid()) target = *found;
  }
  if (target && ::geteuid() != 0) {
    return std::unexpected(
        fmt::format("user '{}': only root can become another user, and this is {}", user, current_user()));
  }
  const bool bounding = has_setpcap();
  if (auto dropped = target ? become(*target, user) : clear_own(); !dropped) return dropped;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::unexpected(fmt::format("no_new_privs can't be set: {}", std::strerror(errno)));
  }
  // What was captured and the keys of TLS belong in no core file.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return verify(bounding);
}

}  // namespace zonelag::service
