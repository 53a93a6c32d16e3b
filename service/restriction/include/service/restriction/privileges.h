// Giving up what was only needed to start.
#pragma once

#include <expected>
#include <string>

namespace zonelag::service {

// For good: user and groups, every capability set (ambient and bounding included), PR_SET_NO_NEW_PRIVS, and no core
// dumps or ptrace by others of that user. To be called once everything that needs privilege is open (captures,
// listening socket, spool directory) and before the first thread starts: capabilities belong to threads.
//
// `user`: name of whom to run as; empty: stay who we are. Only root can become another.
// Emptying the bounding set needs CAP_SETPCAP (root has it). Without it the bounding set
// stays, which nothing can make use of: no_new_privs keeps file capabilities and set-user-ID from having an effect.
// Verified against /proc/self/status. Error: one line.
std::expected<void, std::string> drop_privileges(const std::string& user);

// Whether there is such a user (empty: always). Error: one line.
std::expected<void, std::string> check_user(const std::string& user);

// For `doctor`: whether this process may open packet sockets (CAP_NET_RAW effective), and may empty its bounding set.
bool has_net_raw();
bool has_setpcap();
// The name of whom we run as; the number where it has no name.
std::string current_user();

}  // namespace zonelag::service
