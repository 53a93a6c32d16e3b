#include "sensor/replay.h"

#include <map>
#include <utility>

#include "sensor/capture_file.h"

namespace zonelag::sensor {

std::expected<Replay, CaptureProblem> Replay::open(const std::vector<CaptureSite>& sites,
                                                   const decoder::DecoderLimits& limits, EventConsumer& consumer) {
  std::vector<std::string> files;
  for (const CaptureSite& site : sites) files.push_back(site.file);
  auto sources = open_captures(files);
  if (!sources) return std::unexpected(sources.error());
  Replay replay(*std::move(sources));

  std::map<std::string, SensorIdentity> identities;
  for (const CaptureSite& site : sites) {
    SensorIdentity& identity = identities[site.sensor_id];
    identity.sensor_id = site.sensor_id;
    identity.node = site.node;
    identity.own_addresses = site.own_addresses;
    identity.captures.push_back(site.file);
  }
  std::map<std::string, Feed> next;
  for (auto& [id, identity] : identities) {
    replay.pipelines_.push_back(std::make_unique<Pipeline>(std::move(identity), limits, consumer));
    next[id] = {.pipeline = replay.pipelines_.back().get()};
  }
  for (const CaptureSite& site : sites) {
    Feed& feed = next[site.sensor_id];
    replay.feeds_.push_back(feed);
    ++feed.capture;
  }
  return replay;
}

void Replay::take(const Run& run) {
  const Feed& feed = feeds_[run.source];
  if (feed.capture == 0) {
    for (const decoder::Packet& packet : run.packets) feed.pipeline->packet(packet);
    return;
  }
  for (decoder::Packet packet : run.packets) {
    packet.number = Pipeline::numbered(feed.capture, packet.number);
    feed.pipeline->packet(packet);
  }
}

void Replay::run(const std::function<void(const ReplayProgress&)>& progress, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { source_.interrupt(); });
  std::uint64_t told = 0;
  for (Run run = source_.next_run(); !run.packets.empty() && !stop.stop_requested(); run = source_.next_run()) {
    take(run);
    packets_ += run.packets.size();
    if (packets_ - told < kPacketsBetweenProgress) continue;
    told = packets_;
    if (progress) progress(this->progress());
  }
  for (const auto& pipeline : pipelines_) pipeline->finish();
}

ReplayProgress Replay::progress() const { return {packets_, source_.bytes_read(), source_.total_bytes()}; }

}  // namespace zonelag::sensor
