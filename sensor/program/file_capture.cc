#include "file_capture.h"

#include <algorithm>
#include <utility>

#include "sensor/capture_file.h"
#include "sensor/pipeline.h"

namespace zonelag::sensor {

std::expected<std::unique_ptr<FileCapture>, std::string> FileCapture::open(const std::vector<std::string>& files,
                                                                           const std::string& filter) {
  auto sources = open_captures(files);
  if (!sources) return std::unexpected(std::move(sources.error().text));
  if (!filter.empty()) {
    const auto compiled = PacketFilter::compile(filter, decoder::LinkType::ethernet);
    if (!compiled) return std::unexpected(compiled.error());
  }
  return std::unique_ptr<FileCapture>(new FileCapture(*std::move(sources), filter));
}

bool FileCapture::wanted(const decoder::Packet& packet) {
  auto found = std::ranges::find(filters_, packet.link, [](const auto& each) { return each.first; });
  if (found == filters_.end()) {
    auto compiled = PacketFilter::compile(filter_text_, packet.link);
    // What an Ethernet filter says may mean nothing on another link (vlan, ether host): then none of it is wanted.
    if (!compiled) return false;
    found = filters_.emplace(filters_.end(), packet.link, *std::move(compiled));
  }
  return found->second.match(packet);
}

CaptureState FileCapture::poll(std::chrono::milliseconds /*wait*/, BatchConsumer& consumer) {
  const Run run = source_.next_run();
  if (run.packets.empty()) return CaptureState::ended;
  batch_.clear();
  for (decoder::Packet packet : run.packets) {
    if (!filter_text_.empty() && !wanted(packet)) continue;
    packet.number = Pipeline::numbered(run.source, packet.number);
    figures_.bytes += packet.wire_length;
    batch_.push_back(packet);
  }
  figures_.packets += batch_.size();
  if (!batch_.empty()) consumer.packets(batch_);
  return CaptureState::packets;
}

}  // namespace zonelag::sensor
