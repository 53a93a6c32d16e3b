#include "joined_capture.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "captures.h"

namespace zonelag::truth {
namespace {

namespace fs = std::filesystem;

void put(std::ofstream& out, std::uint32_t value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof value);  // a pcap file has its writer's byte order
}

void put_file_header(std::ofstream& out, decoder::LinkType link) {
  put(out, 0xa1b23c4d);  // nanoseconds
  put(out, 4U << 16 | 2U);
  put(out, 0);
  put(out, 0);
  put(out, sensor::kMaxCaptured);
  put(out, static_cast<std::uint32_t>(link));
}

void put_packet(std::ofstream& out, const decoder::Packet& packet) {
  const auto time = packet.time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  put(out, static_cast<std::uint32_t>(seconds.count()));
  put(out, static_cast<std::uint32_t>((time - seconds).count()));
  put(out, static_cast<std::uint32_t>(packet.data.size()));
  put(out, packet.wire_length);
  out.write(reinterpret_cast<const char*>(packet.data.data()), static_cast<std::streamsize>(packet.data.size()));
}

decoder::LinkType link_of(const fs::path& file) {
  auto source = sensor::open_capture(file.string());
  if (!source) throw std::runtime_error(source.error().text);
  return (*source)->next_batch().front().link;
}

JoinedCapture join(const std::vector<fs::path>& files, decoder::LinkType link, fs::path path) {
  JoinedCapture joined{.path = std::move(path), .link = link};
  std::ofstream out(joined.path, std::ios::binary);
  put_file_header(out, link);
  std::uint64_t written = 0;
  for (const fs::path& file : files) {
    joined.parts.push_back({file, written});
    for_each_packet(file, [&](const decoder::Packet& packet) {
      if (packet.link != link) throw std::runtime_error("two link types in " + file.string());
      put_packet(out, packet);
      ++written;
    });
  }
  return joined;
}

}  // namespace

const JoinedCapture::Part& JoinedCapture::part_of(std::uint64_t packet) const {
  const auto behind = std::ranges::find_if(parts, [packet](const Part& part) { return part.offset >= packet; });
  return *std::prev(behind);
}

std::vector<JoinedCapture> join_captures(const std::vector<fs::path>& files, const fs::path& folder) {
  fs::create_directories(folder);
  std::map<std::string, std::pair<decoder::LinkType, std::vector<fs::path>>> groups;
  for (const fs::path& file : files) {
    const decoder::LinkType link = link_of(file);
    const std::string name = file.filename().string();
    const bool snapped = name.find("snap") != std::string::npos;  // the same packets as in the host's own capture
    const std::string group = name.substr(0, name.find('.')) + (snapped ? ".snapped" : "") + "." +
                              std::to_string(static_cast<unsigned>(link)) + ".pcap";
    groups[group].first = link;
    groups[group].second.push_back(file);
  }
  std::vector<JoinedCapture> joined;
  for (const auto& [name, group] : groups) joined.push_back(join(group.second, group.first, folder / name));
  return joined;
}

}  // namespace zonelag::truth
