// The header of an event that was sent home: how often, and by which number of partitions. The sender goes by it, so
// that a producer which has not heard of the topic's growth yet does not send it to where it came from.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace zonelag::aggregator {

inline constexpr const char* kStrayHeader = "zonelag-stray";

struct StrayPath {
  std::uint32_t hops = 0;
  std::uint32_t layout = 0;
};

std::pair<std::string, std::string> stray_header(const StrayPath& path);
// nullopt: not what stray_header() writes.
std::optional<StrayPath> parse_stray(std::string_view value);

// How often a record was sent home; 0: never. A header that makes no sense counts as once.
std::uint32_t hops_of(const rd_kafka_message_t& message);

}  // namespace zonelag::aggregator
