// Many captures as one, by time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sensor/packet_source.h"

namespace zonelag::sensor {

// Packets of one source that follow one another in the merged order.
struct Run {
  std::size_t source = 0;  // index into what MergedSource was made of
  std::span<const decoder::Packet> packets;
};

// A packet is handed out before another when its time is earlier; of the same time, when its source comes first.
// A source's own order is kept: where its time steps back, its packets follow one another all the same.
class MergedSource {
 public:
  explicit MergedSource(std::vector<std::unique_ptr<PacketSource>> sources);

  // As many packets of one source as come before every other source's next; none: the end. Valid until the next call.
  Run next_run();

  // From another thread, while next_run() may be waiting for a pipe: see PacketSource.
  void interrupt();

  std::size_t size() const { return sources_.size(); }
  const PacketSource& source(std::size_t index) const { return *sources_[index]; }
  // Of all sources.
  std::vector<CaptureProblem> problems() const;
  // Sums over all sources; total 0: not known of one of them.
  std::uint64_t bytes_read() const;
  std::uint64_t total_bytes() const;

 private:
  // A source that has packets left, and its next packet's place in the order.
  struct Head {
    decoder::Timestamp time;
    std::size_t source = 0;
  };
  static bool before(const Head& left, const Head& right) {
    return left.time < right.time || (left.time == right.time && left.source < right.source);
  }
  void start();
  void settle_root();
  void sift_down(std::size_t at);
  std::size_t run_length() const;

  std::vector<std::unique_ptr<PacketSource>> sources_;
  std::vector<std::span<const decoder::Packet>> rest_;  // of each source's batch
  std::vector<Head> heap_;                              // least first
  bool started_ = false;
};

}  // namespace zonelag::sensor
