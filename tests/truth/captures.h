// Every capture under pcaps/, and its packets.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "sensor/capture_file.h"

namespace zonelag::truth {

inline std::vector<std::filesystem::path> all_captures() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(ZONELAG_SOURCE_DIR) / "pcaps")) {
    if (entry.path().filename().string().find(".pcap") != std::string::npos) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

template <typename Take>
void for_each_packet(const std::filesystem::path& file, Take&& take) {
  auto source = sensor::open_capture(file.string());
  if (!source) throw std::runtime_error(source.error().text);
  for (auto batch = (*source)->next_batch(); !batch.empty(); batch = (*source)->next_batch()) {
    for (const decoder::Packet& packet : batch) take(packet);
  }
}

}  // namespace zonelag::truth
