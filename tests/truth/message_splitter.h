// The DNS messages of a capture, split out of its datagrams and streams without the decoder's DNS layer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "decoder/cursor.h"

namespace zonelag::truth {

struct Totals {
  std::uint64_t udp = 0;
  std::uint64_t tcp = 0;
  std::uint64_t snapped = 0;           // datagrams that were not captured whole: not handed out
  std::uint64_t streams_given_up = 0;  // sides of connections with a hole or without a beginning: the rest is not read
  Totals& operator+=(const Totals& other);
};

using TakeMessage = std::function<void(decoder::Bytes message, std::uint64_t packet)>;

// Hands out every whole message. Also checks that the decoder as a whole counts as many, where nothing was given up.
Totals split_messages(const std::filesystem::path& file, const TakeMessage& take);

}  // namespace zonelag::truth
