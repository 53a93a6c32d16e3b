#include "aggregator/partition.h"

#include <cstddef>

namespace zonelag::aggregator {
namespace {

std::uint32_t byte_at(std::string_view key, std::size_t at) { return static_cast<unsigned char>(key[at]); }

}  // namespace

// As org.apache.kafka.common.utils.Utils.murmur2 has it: seed 0x9747b28c, little-endian words.
std::uint32_t key_hash(std::string_view key) {
  constexpr std::uint32_t kFactor = 0x5bd1e995;
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word =
        byte_at(key, at) | byte_at(key, at + 1) << 8 | byte_at(key, at + 2) << 16 | byte_at(key, at + 3) << 24;
    word *= kFactor;
    word ^= word >> 24;
    hash = hash * kFactor ^ word * kFactor;
  }
  if (at < key.size()) {
    for (std::size_t rest = key.size(); rest > at; --rest) hash ^= byte_at(key, rest - 1) << (8 * (rest - 1 - at));
    hash *= kFactor;
  }
  hash ^= hash >> 13;
  hash *= kFactor;
  hash ^= hash >> 15;
  return hash & 0x7fffffffU;
}

}  // namespace zonelag::aggregator
