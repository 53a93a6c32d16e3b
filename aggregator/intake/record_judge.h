// What one record of the events' topic is: an event to consume, poison, or a stray. No I/O; the caller's clock.
//
// Where a zone is at home follows from the zone in the event. The record's key is only what its writer's partitioner
// went by: an event that is at home is consumed whatever its key says, and one that is not is a stray, sent home with
// its zone as key. So a wrong key costs one more hop, and never an event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "decoder/event.h"

namespace zonelag::aggregator {

// Sent home so often and still not at home: something else than the topic's growth is wrong.
inline constexpr std::uint32_t kMostHops = 8;
inline constexpr std::size_t kLongestSensorId = 255;  // as the sensor's own settings have it
inline constexpr decoder::Timestamp kEarliestEvent = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

struct Poison {
  std::string reason;  // one line
};
struct Stray {
  decoder::ZoneName zone;
};
using Judgement = std::variant<decoder::Event, Poison, Stray>;

struct JudgeRules {
  std::uint32_t partitions = 1;                                 // of the topic
  decoder::Timestamp latest_event = decoder::Timestamp::max();  // later times in events are poison
};

Judgement judge(std::string_view value, std::uint32_t partition, const JudgeRules& rules);

}  // namespace zonelag::aggregator
