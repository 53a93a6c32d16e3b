// The user's own filter, pcap-filter(7), for packets that come from files or DPDK. For a live capture it goes to the
// kernel (live_capture.h). There, the kernel has taken the outermost VLAN tag out of a received packet, so that "port
// 53" finds a tagged packet, too; in a file's packets the tag is in the way, as it is for tcpdump -r: "vlan and port
// 53".
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "decoder/packet.h"

namespace zonelag::sensor {

class PacketFilter {
 public:
  // Error: one line, libpcap's message and the filter.
  static std::expected<PacketFilter, std::string> compile(const std::string& text, decoder::LinkType link);
  ~PacketFilter();
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) noexcept;

  // Of a packet of the link type that it was compiled for.
  bool match(const decoder::Packet& packet) const;

 private:
  struct Code;
  explicit PacketFilter(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace zonelag::sensor
