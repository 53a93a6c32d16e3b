// Which Kafka partition holds a zone: the partitioner of Java's clients and of librdkafka's `murmur2`.
#pragma once

#include <cstdint>
#include <string_view>

namespace zonelag::aggregator {

// Heartbeats are of the root: all of them are in its partition.
inline constexpr std::string_view kHeartbeatZone = ".";

// murmur2 of the key's bytes with the sign bit cleared. Key: the zone as text.
std::uint32_t key_hash(std::string_view key);

// partitions: at least 1.
constexpr std::uint32_t partition_of(std::uint32_t key_hash, std::uint32_t partitions) { return key_hash % partitions; }

}  // namespace zonelag::aggregator
