// Several captures as one pcap file, one behind the other, for a program whose start costs more than its work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "decoder/packet.h"

namespace zonelag::truth {

struct JoinedCapture {
  struct Part {
    std::filesystem::path file;
    std::uint64_t offset = 0;  // packet n of `file` is packet offset + n of the joined file
  };
  std::filesystem::path path;
  decoder::LinkType link = decoder::LinkType::ethernet;
  std::vector<Part> parts;

  // Of a packet of the joined file.
  const Part& part_of(std::uint64_t packet) const;
};

// All of `files`, under `folder`: those taken at the same host in different scenarios together, so that no packet is
// twice in one file.
std::vector<JoinedCapture> join_captures(const std::vector<std::filesystem::path>& files,
                                         const std::filesystem::path& folder);

}  // namespace zonelag::truth
