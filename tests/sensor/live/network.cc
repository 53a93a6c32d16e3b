#include "network.h"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace zonelag::sensor::test {

using decoder::test::ethernet;
using decoder::test::ipv4;
using decoder::test::u32;
using decoder::test::udp;

void run(const std::string& command) {
  // In the namespace of the thread that calls.
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(bugprone-command-processor): fixed texts
}

bool wait_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

void NetworkTest::SetUp() {
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << std::strerror(errno) << ": these tests run as root";
  run("ip link set lo up");
}

void NetworkTest::add_veth(const std::string& name) {
  const std::string peer = name + "p";
  run("ip link add " + name + " mtu 65535 type veth peer name " + peer + " mtu 65535");
  for (const auto& end : {name, peer}) {
    run("echo 1 > /proc/sys/net/ipv6/conf/" + end + "/disable_ipv6");
    run("ip link set " + end + " up");
  }
}

Sender::Sender(const std::string& interface) : socket_(::socket(AF_PACKET, SOCK_RAW, 0)) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  EXPECT_NE(address.sll_ifindex, 0) << interface;
  EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
}

Sender::~Sender() { ::close(socket_); }

void Sender::send(const Raw& frame) const {
  ASSERT_EQ(::send(socket_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()))
      << std::strerror(errno) << ", " << frame.size() << " bytes";
}

void Collector::packets(std::span<const decoder::Packet> batch) {
  for (const auto& packet : batch) {
    all.push_back(
        {packet.time, packet.wire_length, packet.link, packet.number, Raw(packet.data.begin(), packet.data.end())});
  }
}

std::vector<std::string> Collector::data() const {
  std::vector<std::string> result;
  for (const Kept& kept : all) result.push_back(hex_of(kept.data));
  return result;
}

std::string hex_of(const Raw& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

Raw numbered_frame(std::uint32_t number, std::uint16_t port) {
  return ethernet(0x0800, ipv4(udp(u32(number), {.destination = port})));
}

std::vector<std::unique_ptr<Capture>> open_or_fail(const LiveConfig& config) {
  auto captures = open_live(config);
  if (!captures) {
    ADD_FAILURE() << captures.error();
    return {};
  }
  return std::move(*captures);
}

std::unique_ptr<Capture> open_one(const LiveConfig& config) {
  auto captures = open_or_fail(config);
  if (captures.size() != 1) throw std::runtime_error("no capture");
  return std::move(captures.front());
}

void collect(Capture& capture, Collector& collector, std::size_t count) {
  EXPECT_TRUE(wait_until([&] {
    capture.poll(std::chrono::milliseconds(50), collector);
    return collector.all.size() >= count;
  })) << collector.all.size()
      << " of " << count;
  // Four times the block time-out: what the kernel still held is here by then.
  while (capture.poll(std::chrono::milliseconds(80), collector) == CaptureState::packets) {
  }
}

}  // namespace zonelag::sensor::test
