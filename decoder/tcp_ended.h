// Connections that have just ended, so that their last acknowledgements and retransmissions do not look like new ones.
// A fixed number of places; a newer connection takes the place of an older one with the same hash.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/frame.h"
#include "tcp_table.h"

namespace zonelag::decoder {

class TcpEnded {
 public:
  static constexpr std::size_t kPlaces = 2048;
  // Twice the maximum segment lifetime as Linux has it; RFC 9293 section 3.4.2 would have 4 minutes.
  static constexpr Duration kLinger = std::chrono::seconds(60);

  TcpEnded() : places_(kPlaces) {}

  void remember(const TcpSlot& slot, Timestamp now);
  // Whether `segment` is a straggler of a connection that has ended. A SYN with an ISN of its own is not.
  bool is_late(const Segment& segment, Timestamp now) const;

 private:
  struct Place {
    Endpoint client;
    Endpoint server;
    std::uint32_t client_start = 0;
    std::uint32_t server_start = 0;
    bool used = false;
    Timestamp ended;
  };
  static std::size_t index(const Endpoint& client, const Endpoint& server);

  std::vector<Place> places_;
};

}  // namespace zonelag::decoder
