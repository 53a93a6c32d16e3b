// The host's own addresses, of all interfaces (loopback and dummy interfaces carry anycast addresses), read from the
// kernel by rtnetlink(7) and followed as they change.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "decoder/net.h"

namespace zonelag::sensor {

class HostAddresses {
 public:
  // Subscribes and reads all. Needs no privilege. Error: one line.
  static std::expected<std::unique_ptr<HostAddresses>, std::string> open();
  ~HostAddresses();
  HostAddresses(const HostAddresses&) = delete;
  HostAddresses& operator=(const HostAddresses&) = delete;

  // Sorted, each once. 127.0.0.0/8, ::1 and fe80::/10 included: they are this host's, too.
  const std::vector<decoder::IpAddress>& addresses() const { return addresses_; }
  // Readable when something may have changed.
  int descriptor() const;
  // Reads what has come, without waiting; true: addresses() changed. A lost message (ENOBUFS) makes it read all again.
  bool update();

 private:
  explicit HostAddresses(int descriptor);
  class Socket;
  std::unique_ptr<Socket> socket_;
  std::vector<decoder::IpAddress> addresses_;
};

}  // namespace zonelag::sensor
