// Sends a long stream from the server's side of a flow, cut into segments, and disturbs it on request.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "traffic/rng.h"
#include "traffic/tcp_flow.h"

namespace zonelag::traffic {

/// Percentages of the data segments. All draw from the sender's own Rng.
struct Disturbance {
  double reorder = 0;    ///< captured one to three segments late
  double duplicate = 0;  ///< captured twice
  double overlap = 0;    ///< preceded by a retransmission with other boundaries, partly of new bytes
  double drop = 0;       ///< not captured but acknowledged: a hole that nothing fills
};

struct SenderOptions {
  std::size_t segment = TcpFlow::kUsualSegment;
  unsigned segments_per_ack = 2;
  Disturbance disturbance{};
};

class TcpSender {
 public:
  struct Truth {
    std::uint64_t segments = 0;  ///< as cut, captured or not, without the extra ones
    std::uint64_t reordered = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t overlapped = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_bytes = 0;
    std::uint64_t stream_bytes = 0;
    Time last_new_byte{};  ///< when a byte not captured before was captured last
  };

  /// `flow`, `wire` and `counts` must outlive this.
  TcpSender(TcpFlow& flow, Wire& wire, TcpCounts& counts, const SenderOptions& options, Rng rng);

  /// Sends all full segments and keeps the rest.
  void write(ByteView bytes);
  /// Sends the rest, too, and has all of it acknowledged.
  void flush();

  const Truth& truth() const { return truth_; }

 private:
  struct Held {
    std::uint32_t seq;
    std::vector<std::uint8_t> payload;
    unsigned wait;  ///< segments to be captured before this one
  };

  std::size_t unsent() const { return stream_.size() - next_; }
  /// Sequence number of stream_[index].
  std::uint32_t seq_at(std::size_t index) const;
  void send_one(bool last);
  void send_overlap();
  void send_plain(std::uint32_t seq, ByteView payload, bool last);
  void release_held();
  void acknowledge();
  void forget_old();

  TcpFlow& flow_;
  Wire& wire_;
  TcpCounts& counts_;
  SenderOptions options_;
  Rng rng_;
  Truth truth_;
  std::vector<std::uint8_t> stream_;  ///< some already sent bytes, then the unsent ones
  std::size_t next_ = 0;              ///< index of the first unsent byte
  std::size_t floor_ = 0;  ///< index that no overlap may reach below: the end of the last hole or held segment
  unsigned since_ack_ = 0;
  std::optional<Held> held_;
};

}  // namespace zonelag::traffic
