#include "traffic/live_interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace zonelag::traffic {
namespace {

std::string driver_of(int socket, ifreq request) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&info);
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) return {};
  return {info.driver, ::strnlen(info.driver, sizeof info.driver)};
}

std::chrono::nanoseconds nanoseconds_of(const timeval& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::expected<int, std::string> test_interface(const std::string& name) {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  if (name.empty() || name.size() >= IFNAMSIZ) return std::unexpected{"'" + name + "' is no interface's name"};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
    return std::unexpected{"interface '" + name + "': " + std::strerror(errno)};
  const bool up = (request.ifr_flags & IFF_UP) != 0;
  const bool loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
  const std::string driver = driver_of(socket.get(), request);
  if (!loopback && driver != "veth" && driver != "dummy")
    return std::unexpected{"interface '" + name + "': neither veth nor dummy nor loopback, refusing to send there"};
  if (!up) return std::unexpected{"interface '" + name + "' is down; ip link set " + name + " up"};
  return static_cast<int>(if_nametoindex(name.c_str()));
}

void read_cpu(LiveFigures& figures) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  figures.cpu_user = nanoseconds_of(usage.ru_utime);
  figures.cpu_system = nanoseconds_of(usage.ru_stime);
}

std::string LiveFigures::to_json() const {
  const auto microseconds = [](std::chrono::nanoseconds time) { return std::to_string(time.count() / 1000); };
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const auto rate = seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(sent) / seconds) : 0;
  return "\"sent\":" + std::to_string(sent) + ",\"sent_bytes\":" + std::to_string(sent_bytes) +
         ",\"unsendable\":" + std::to_string(unsendable) + ",\"stalls\":" + std::to_string(stalls) +
         ",\"elapsed_us\":" + microseconds(elapsed) + ",\"pps\":" + std::to_string(rate) +
         ",\"worst_late_us\":" + microseconds(worst_late) + ",\"cpu_user_us\":" + microseconds(cpu_user) +
         ",\"cpu_system_us\":" + microseconds(cpu_system);
}

}  // namespace zonelag::traffic
