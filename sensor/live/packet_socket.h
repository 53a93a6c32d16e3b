// What live capture asks of the packet(7) socket beneath libpcap. None of it needs a privilege once the socket is open.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "filter_program.h"

namespace zonelag::sensor {

// In place of the filter that was there. errno as the error.
std::expected<void, int> attach_filter(int socket, const Program& program);
// No filter can be attached or detached from now on.
std::expected<void, int> lock_filter(int socket);

// Binds to an interface (0: all), for packets of all protocols. Not possible once in a fanout group (EINVAL).
std::expected<void, int> bind_to(int socket, int interface);

// A new PACKET_FANOUT_HASH group of this socket: its id. Fragments are not put together by the kernel
// (PACKET_FANOUT_FLAG_DEFRAG): that would take from the memory that the host's own datagrams need, and count several
// packets as one. Without ports to look at, it hashes the fragments of a datagram by their addresses and protocol,
// which keeps them together.
std::expected<std::uint16_t, int> start_fanout(int socket);
std::expected<void, int> join_fanout(int socket, std::uint16_t group);

std::expected<void, int> make_promiscuous(int socket, int interface);

// SO_ERROR, which reading clears.
int take_error(int socket);
// Packets that found no room in the ring, since the last call.
std::uint32_t take_drops(int socket);

struct LinkState {
  int index = 0;  // 0: there is no interface of that name
  bool up = false;
};
LinkState look_at(int socket, const std::string& interface);

}  // namespace zonelag::sensor
