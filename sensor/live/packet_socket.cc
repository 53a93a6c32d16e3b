#include "packet_socket.h"

#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace zonelag::sensor {
namespace {

std::expected<void, int> result_of(int result) {
  if (result != 0) return std::unexpected(errno);
  return {};
}

template <typename Value>
std::expected<void, int> set(int socket, int level, int option, const Value& value) {
  return result_of(::setsockopt(socket, level, option, &value, sizeof value));
}

template <typename Value>
bool get(int socket, int level, int option, Value& value) {
  socklen_t size = sizeof value;
  return ::getsockopt(socket, level, option, &value, &size) == 0;
}

int fanout_value(std::uint32_t group, std::uint32_t flags) {
  return static_cast<int>(group | (PACKET_FANOUT_HASH | flags) << 16);
}

ifreq request_of(const std::string& interface) {
  ifreq request{};
  std::copy_n(interface.begin(), std::min(interface.size(), sizeof request.ifr_name - 1), request.ifr_name);
  return request;
}

}  // namespace

std::expected<void, int> attach_filter(int socket, const Program& program) {
  // The kernel only reads it.
  const sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  return set(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

std::expected<void, int> lock_filter(int socket) { return set(socket, SOL_SOCKET, SO_LOCK_FILTER, 1); }

std::expected<void, int> bind_to(int socket, int interface) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = interface;
  return result_of(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

std::expected<std::uint16_t, int> start_fanout(int socket) {
  if (auto done = set(socket, SOL_PACKET, PACKET_FANOUT, fanout_value(0, PACKET_FANOUT_FLAG_UNIQUEID)); !done) {
    return std::unexpected(done.error());
  }
  int value = 0;
  if (!get(socket, SOL_PACKET, PACKET_FANOUT, value)) return std::unexpected(errno);
  return static_cast<std::uint16_t>(value & 0xffff);
}

std::expected<void, int> join_fanout(int socket, std::uint16_t group) {
  return set(socket, SOL_PACKET, PACKET_FANOUT, fanout_value(group, 0));
}

std::expected<void, int> make_promiscuous(int socket, int interface) {
  packet_mreq request{};
  request.mr_ifindex = interface;
  request.mr_type = PACKET_MR_PROMISC;
  return set(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
}

int take_error(int socket) {
  int error = 0;
  return get(socket, SOL_SOCKET, SO_ERROR, error) ? error : errno;
}

std::uint32_t take_drops(int socket) {
  tpacket_stats_v3 stats{};
  return get(socket, SOL_PACKET, PACKET_STATISTICS, stats) ? stats.tp_drops : 0;
}

LinkState look_at(int socket, const std::string& interface) {
  LinkState state;
  ifreq request = request_of(interface);
  if (::ioctl(socket, SIOCGIFINDEX, &request) != 0) return state;
  state.index = request.ifr_ifindex;
  request = request_of(interface);
  state.up = ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
  return state;
}

}  // namespace zonelag::sensor
