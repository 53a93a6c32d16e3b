// Sends packets from an interface as their capture times say: AF_PACKET, sendmmsg, past the queueing discipline.
#pragma once

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "traffic/live_interface.h"
#include "traffic/packet_sink.h"

namespace zonelag::traffic {

class LiveSink final : public PacketSink {
 public:
  /// Ends (failed() becomes true) after `longest`, at most kLongestLive. The error is one line.
  static std::expected<std::unique_ptr<LiveSink>, std::string> open(const std::string& interface,
                                                                    std::chrono::nanoseconds longest);

  /// Sends what is left; the figures are complete then. Error: what the kernel said.
  std::expected<LiveFigures, std::string> close();

  /// Packets on the wire are no further apart than this, whatever a capture's times say; times that go back wait for
  /// nothing.
  static constexpr std::chrono::milliseconds kLongestSilence{10};

 protected:
  void take(Time time, ByteView captured, std::size_t wire_size) override;

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kBatch = 64;
  /// One sleep at least; what falls due in it goes out as one batch.
  static constexpr std::chrono::microseconds kQuantum{100};

  LiveSink(Descriptor socket, std::chrono::nanoseconds longest);
  void schedule(Time time);
  void wait_until_due();
  void flush();
  /// Sends some of the packets from `first` on; returns how many are done with.
  std::size_t send_from(std::size_t first);

  Descriptor socket_;
  std::chrono::nanoseconds longest_;
  Clock::time_point started_;  ///< with the first packet
  Clock::time_point now_;      ///< when the clock was last read
  Clock::time_point due_;      ///< of the latest packet
  std::optional<Time> last_time_;
  std::array<std::vector<std::uint8_t>, kBatch> frames_;
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::size_t waiting_ = 0;
  int error_ = 0;
  LiveFigures figures_;
};

}  // namespace zonelag::traffic
