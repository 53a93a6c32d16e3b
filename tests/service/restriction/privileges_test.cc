// Needs root, as CI has it.
#include "service/restriction/privileges.h"

#include <arpa/inet.h>
#include <cap-ng.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "child.h"

namespace zonelag::service {
namespace {

std::string status_of_self() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/status").rdbuf();
  return text.str();
}

bool shows(const std::string& line) { return status_of_self().find("\n" + line + "\n") != std::string::npos; }

const char* const kNone = "0000000000000000";

// "" or the first thing that is not as it should be after drop_privileges().
std::string not_dropped(bool bounding) {
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"}) {
    if (!bounding && std::string(set) == "CapBnd") continue;
    if (!shows(std::string(set) + ":\t" + kNone)) return status_of_self();
  }
  if (!shows("NoNewPrivs:\t1")) return "no_new_privs is not set";
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return "dumpable";
  return "";
}

std::string regains() {
  if (::setuid(0) == 0 && ::getuid() != 0) return "setuid worked";
  if (::setresuid(0, 0, 0) == 0 && !shows(std::string("CapEff:\t") + kNone)) return "setresuid gave capabilities";
  if (::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)) >= 0) return "a packet socket opened";
  if (errno != EPERM) return "a packet socket failed otherwise";
  capng_clear(CAPNG_SELECT_ALL);
  capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_RAW);
  if (capng_apply(CAPNG_SELECT_CAPS) == 0) return "capset gave CAP_NET_RAW back";
  return "";
}

int loopback_packet_socket() {
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return -1;
  return socket;
}

// Sends a datagram with a text of its own over loopback and waits for it on the packet socket.
std::string not_captured(int packets) {
  const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string text = "zonelag " + std::to_string(::getpid());
  if (::sendto(sender, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    return std::string("sendto: ") + std::strerror(errno);
  }
  pollfd waited{packets, POLLIN, 0};
  while (::poll(&waited, 1, 5000) > 0) {
    char frame[2048];
    const ssize_t count = ::recv(packets, frame, sizeof(frame), 0);
    if (count < 0) return std::string("recv: ") + std::strerror(errno);
    if (std::string(frame, static_cast<std::size_t>(count)).find(text) != std::string::npos) return "";
  }
  return "the packet did not come";
}

// As systemd starts a service with User= and AmbientCapabilities=.
std::string become_nobody_with(std::initializer_list<unsigned int> capabilities) {
  const passwd* nobody = ::getpwnam("nobody");
  for (unsigned int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (std::ranges::find(capabilities, capability) == capabilities.end())
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (::setgroups(0, nullptr) != 0 || ::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0) return "setuid";
  capng_clear(CAPNG_SELECT_ALL);
  for (const unsigned int capability : capabilities) {
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE),
                 capability);
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return "capset";
  for (const unsigned int capability : capabilities) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return "ambient";
  }
  return has_net_raw() ? "" : "CAP_NET_RAW is missing at the start";
}

TEST(Privileges, RootBecomesAnotherUserWithoutAnything) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root";
  EXPECT_EQ(in_child([]() -> std::string {
              const int packets = loopback_packet_socket();
              if (packets < 0) return "no packet socket at the start";
              if (auto dropped = drop_privileges("nobody"); !dropped) return dropped.error();
              const passwd* nobody = ::getpwnam("nobody");
              if (::getuid() != nobody->pw_uid || ::getgid() != nobody->pw_gid) return "user or group";
              if (::getgroups(0, nullptr) > 1) return "groups of root are left";
              if (current_user() != "nobody" || has_net_raw() || has_setpcap()) return "doctor's view";
              if (auto left = not_dropped(true); !left.empty()) return left;
              if (auto captured = not_captured(packets); !captured.empty()) return captured;
              return regains();
            }),
            "");
}

TEST(Privileges, RootThatStaysRootHasNoCapabilities) {
  EXPECT_EQ(in_child([]() -> std::string {
              if (auto dropped = drop_privileges(""); !dropped) return dropped.error();
              if (::getuid() != 0) return "another user";
              if (auto left = not_dropped(true); !left.empty()) return left;
              return regains();
            }),
            "");
}

TEST(Privileges, AsTheUnitStartsItTheBoundingSetIsEmptyAfterwards) {
  EXPECT_EQ(in_child([]() -> std::string {
              if (auto problem = become_nobody_with({CAP_NET_RAW, CAP_SETPCAP}); !problem.empty()) return problem;
              const int packets = loopback_packet_socket();
              if (packets < 0) return "no packet socket at the start";
              if (auto dropped = drop_privileges("nobody"); !dropped) return dropped.error();
              if (auto left = not_dropped(true); !left.empty()) return left;
              if (auto captured = not_captured(packets); !captured.empty()) return captured;
              return regains();
            }),
            "");
}

TEST(Privileges, WithNetRawAloneTheRestIsDropped) {
  EXPECT_EQ(in_child([]() -> std::string {
              if (auto problem = become_nobody_with({CAP_NET_RAW}); !problem.empty()) return problem;
              if (auto dropped = drop_privileges(""); !dropped) return dropped.error();
              if (auto left = not_dropped(false); !left.empty()) return left;
              return regains();
            }),
            "");
}

TEST(Privileges, OnlyRootBecomesAnother) {
  EXPECT_EQ(in_child([]() -> std::string {
              if (auto problem = become_nobody_with({CAP_NET_RAW}); !problem.empty()) return problem;
              const auto dropped = drop_privileges("daemon");
              return dropped ? "it worked" : dropped.error();
            }),
            "user 'daemon': only root can become another user, and this is nobody");
}

TEST(Privileges, UnknownUserIsNamed) {
  EXPECT_EQ(in_child([]() -> std::string {
              const auto dropped = drop_privileges("no-such-user");
              return dropped ? "it worked" : dropped.error();
            }),
            "user 'no-such-user': is not there; create it, or set another");
}

#ifndef __SANITIZE_THREAD__
TEST(Privileges, RunningThreadsAreRefused) {
  EXPECT_EQ(in_child([]() -> std::string {
              std::jthread other([](const std::stop_token& stop) {
                while (!stop.stop_requested()) std::this_thread::yield();
              });
              const auto dropped = drop_privileges("nobody");
              return dropped ? "it worked" : dropped.error();
            }),
            "privileges can't be dropped: 2 threads run already");
}
#endif

}  // namespace
}  // namespace zonelag::service
