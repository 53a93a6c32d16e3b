// Captures through pipelines: all packets in order of time, each to the pipeline of the sensor that captured it.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "decoder/decoder.h"
#include "sensor/merge.h"
#include "sensor/packet_source.h"
#include "sensor/pipeline.h"

namespace zonelag::sensor {

// Where a capture was taken.
struct CaptureSite {
  std::string file;
  std::string sensor_id;  // captures with the same one belong together: files of a rotation
  std::string node;       // hostname; empty: a mirror port
  std::vector<decoder::IpAddress> own_addresses;
};

struct ReplayProgress {
  std::uint64_t packets = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t total_bytes = 0;  // 0: not known
};

class Replay {
 public:
  // Opens all captures; error: what is wrong with the first that cannot be read.
  static std::expected<Replay, CaptureProblem> open(const std::vector<CaptureSite>& sites,
                                                    const decoder::DecoderLimits& limits, EventConsumer& consumer);

  // Reads to the end, or until stop is requested (a wait for a slow pipe ends then too). `progress` is called every
  // kPacketsBetweenProgress packets or so.
  void run(const std::function<void(const ReplayProgress&)>& progress, const std::stop_token& stop);

  ReplayProgress progress() const;
  std::vector<CaptureProblem> problems() const { return source_.problems(); }  // of all captures
  const std::vector<std::unique_ptr<Pipeline>>& pipelines() const { return pipelines_; }

 private:
  static constexpr std::uint64_t kPacketsBetweenProgress = 65'536;

  struct Feed {
    Pipeline* pipeline = nullptr;
    std::size_t capture = 0;  // index among the pipeline's captures
  };

  explicit Replay(std::vector<std::unique_ptr<PacketSource>> sources) : source_(std::move(sources)) {}
  void take(const Run& run);

  MergedSource source_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  std::vector<Feed> feeds_;  // by source
  std::uint64_t packets_ = 0;
};

}  // namespace zonelag::sensor
