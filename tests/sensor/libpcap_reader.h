// The second opinion: what libpcap reads, in nanoseconds. Decompression is that of the command-line tools.
#pragma once

#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "captured.h"

namespace zonelag::sensor {

// libpcap translates the file's LINKTYPE_ to the system's DLT_; of those that zonelag knows only RAW differs.
inline int link_type(pcap_t* capture) { return pcap_datalink(capture) == DLT_RAW ? 101 : pcap_datalink(capture); }

// `file` is a stream that libpcap then owns.
inline std::vector<CapturedPacket> read_with_libpcap(std::FILE* file) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error.data()), &pcap_close);
  if (capture == nullptr) throw std::runtime_error(error.data());
  std::vector<CapturedPacket> packets;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture.get(), &header, &data)) == 1) {
    // With nanosecond precision tv_usec holds nanoseconds.
    packets.push_back({header->ts.tv_sec * 1'000'000'000 + header->ts.tv_usec, header->len,
                       std::string(reinterpret_cast<const char*>(data), header->caplen), link_type(capture.get()),
                       packets.size() + 1});
  }
  if (result != PCAP_ERROR_BREAK) throw std::runtime_error(pcap_geterr(capture.get()));
  return packets;
}

}  // namespace zonelag::sensor
