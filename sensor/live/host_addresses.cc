#include "sensor/live/host_addresses.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

namespace zonelag::sensor {
namespace {

using decoder::IpAddress;

// One entry for each address of each interface: an address taken off one may still be on another.
using Known = std::set<std::tuple<std::uint32_t, std::uint8_t, IpAddress>>;

struct Message {
  bool is_own = false;  // where a point-to-point address tells the peer's, too
  bool has_address = false;
  IpAddress address;
  std::uint32_t flags = 0;
};

Message read_attributes(const ifaddrmsg& head, const rtattr* attribute, std::size_t left) {
  Message message{.flags = head.ifa_flags};
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    const decoder::Bytes value{static_cast<const std::byte*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute)};
    if (attribute->rta_type == IFA_FLAGS && value.size() == sizeof message.flags) {
      std::memcpy(&message.flags, value.data(), value.size());
    }
    const bool own = attribute->rta_type == IFA_LOCAL;
    if (!own && (attribute->rta_type != IFA_ADDRESS || message.is_own)) continue;
    if (value.size() != (head.ifa_family == AF_INET ? 4U : 16U)) continue;
    message.address = head.ifa_family == AF_INET ? IpAddress::v4(value) : IpAddress::v6(value);
    message.has_address = true;
    message.is_own = own;
  }
  return message;
}

}  // namespace

class HostAddresses::Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }
  const Known& known() const { return known_; }

  // Takes all that is there, and asks for all when something was lost. False: and still something is missing.
  bool catch_up() {
    for (int tries = 0; tries < kTries; ++tries) {
      receive_all();
      if (complete_) return true;
      ask_for_all();
    }
    return false;
  }

 private:
  static constexpr int kTries = 8;

  // The kernel puts the answer together while we send and receive: it is there without waiting.
  void ask_for_all() {
    known_.clear();
    struct {
      nlmsghdr header;
      ifaddrmsg body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = ++sequence_;
    request.body.ifa_family = AF_UNSPEC;
    interrupted_ = ::send(descriptor_, &request, sizeof request, 0) < 0;
  }

  void receive_all() {
    while (true) {
      sockaddr_nl from{};
      iovec piece{buffer_.data(), buffer_.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      const ssize_t size = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == ENOBUFS) {
        lose();
        continue;
      }
      if (size <= 0) return;
      if ((message.msg_flags & MSG_TRUNC) != 0) lose();
      if (from.nl_pid == 0) take(static_cast<std::size_t>(size));
    }
  }

  void lose() {
    complete_ = false;
    interrupted_ = true;
  }

  void take(std::size_t size) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
      if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
      const bool ours = header->nlmsg_seq == sequence_;
      if (header->nlmsg_type == NLMSG_DONE && ours) complete_ = !interrupted_;
      if (header->nlmsg_type == RTM_NEWADDR || header->nlmsg_type == RTM_DELADDR) take_address(*header);
    }
  }

  void take_address(const nlmsghdr& header) {
    if (header.nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg))) return;
    const auto& head = *static_cast<const ifaddrmsg*>(NLMSG_DATA(&header));
    if (head.ifa_family != AF_INET && head.ifa_family != AF_INET6) return;
    const Message message = read_attributes(head, IFA_RTA(&head), IFA_PAYLOAD(&header));
    if (!message.has_address) return;
    // Found to be another host's (RFC 4862 section 5.4.5); told again should that change. One that is still being
    // checked counts: it was configured here.
    const bool is_here = header.nlmsg_type == RTM_NEWADDR && (message.flags & IFA_F_DADFAILED) == 0;
    const auto entry = std::tuple{head.ifa_index, head.ifa_prefixlen, message.address};
    if (is_here) {
      known_.insert(entry);
    } else {
      known_.erase(entry);
    }
  }

  int descriptor_ = -1;
  std::uint32_t sequence_ = 0;
  bool complete_ = false;     // known_ has all addresses
  bool interrupted_ = false;  // the answer that is being received has not
  Known known_;
  alignas(nlmsghdr) std::array<char, 65'536> buffer_{};
};

HostAddresses::HostAddresses(int descriptor) : socket_(std::make_unique<Socket>(descriptor)) {}
HostAddresses::~HostAddresses() = default;

std::expected<std::unique_ptr<HostAddresses>, std::string> HostAddresses::open() {
  const auto failure = [](const char* what) {
    return std::unexpected(fmt::format("the host's addresses: {}: {}", what, std::strerror(errno)));
  };
  const int descriptor = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (descriptor < 0) return failure("rtnetlink");
  std::unique_ptr<HostAddresses> addresses(new HostAddresses(descriptor));
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) return failure("rtnetlink");
  if (!addresses->socket_->catch_up()) return failure("RTM_GETADDR");
  addresses->update();
  return addresses;
}

int HostAddresses::descriptor() const { return socket_->descriptor(); }

bool HostAddresses::update() {
  // Better what was known before than a part.
  if (!socket_->catch_up()) return false;
  std::vector<IpAddress> now;
  for (const auto& [interface, prefix, address] : socket_->known()) now.push_back(address);
  std::ranges::sort(now);
  now.erase(std::unique(now.begin(), now.end()), now.end());
  if (now == addresses_) return false;
  addresses_ = std::move(now);
  return true;
}

}  // namespace zonelag::sensor
