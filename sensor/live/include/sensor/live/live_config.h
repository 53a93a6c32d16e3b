// What a live capture is opened with.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace zonelag::sensor {

struct LiveConfig {
  std::vector<std::string> interfaces;  // names, or "any" alone
  std::uint32_t workers = 1;            // handles of each interface, in a PACKET_FANOUT_HASH group when more than one
  std::size_t ring_bytes = 64U << 20;   // of each interface, shared out among the workers
  std::chrono::milliseconds block_timeout{20};  // 10 to 50: the kernel hands a block over at least so often
  std::uint32_t snap_length = 262'144;
  std::vector<std::uint16_t> ports{53};
  std::string filter;   // pcap-filter(7), ANDed to ours; empty: none
  bool mirror = false;  // mirror port: promiscuous mode
};

struct DpdkConfig {
  std::vector<std::string> eal;  // arguments of rte_eal_init, e.g. {"--no-huge", "-m", "64"}
  std::uint16_t port = 0;        // ethdev port number
  std::uint32_t queues = 1;      // one worker each
  std::uint32_t mbufs = 8191;
  std::uint32_t idle_polls_to_end =
      0;  // 0: never; else a device that replays a file has ended after so many empty polls
  std::vector<std::uint16_t> ports{53};
  std::string filter;
};

}  // namespace zonelag::sensor
