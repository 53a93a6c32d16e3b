// The system calls that a running sensor may make: an allow-list; what is not on it fails with EPERM.
#pragma once

#include <expected>
#include <string>

namespace zonelag::service {

// For all threads, those that run already included, and for good. To be called when everything is open, after
// drop_privileges() (or with CAP_SYS_ADMIN: else it needs no_new_privs, which it sets). From then on: no new program,
// no packet socket, no executable memory. Error: one line.
std::expected<void, std::string> restrict_system_calls();

}  // namespace zonelag::service
