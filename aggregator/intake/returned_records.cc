// Records of the events' topic that are sent on: to the dead letters, or home.
#include <fmt/format.h>

#include <algorithm>

#include "aggregator/intake/result_codec.h"
#include "stray_header.h"

namespace zonelag::aggregator {
namespace {

// A topic takes 1,048,588 bytes by default, with all around the value.
constexpr std::size_t kLongestValue = 1'000'000;
constexpr std::size_t kLongestKey = 10'000;

}  // namespace

OutgoingMessage dead_letter(const PoisonRecord& poison, const std::string& events_topic,
                            const std::string& dead_topic) {
  OutgoingMessage message{.topic = dead_topic,
                          .key = poison.key.substr(0, kLongestKey),
                          .value = poison.value.substr(0, kLongestValue),
                          .headers = {{"zonelag-reason", poison.reason},
                                      {"zonelag-topic", events_topic},
                                      {"zonelag-partition", std::to_string(poison.partition)},
                                      {"zonelag-offset", std::to_string(poison.offset)}}};
  if (message.value.size() < poison.value.size()) {
    message.headers.emplace_back("zonelag-length", std::to_string(poison.value.size()));
  }
  return message;
}

OutgoingMessage stray_message(const StrayRecord& stray, const std::string& events_topic) {
  const StrayPath path{stray.hops, static_cast<std::uint32_t>(std::max(stray.layout, 0))};
  return {.topic = events_topic, .key = stray.key, .value = stray.value, .headers = {stray_header(path)}};
}

}  // namespace zonelag::aggregator
