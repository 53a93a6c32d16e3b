// The home of a zone is where librdkafka's `murmur2` partitioner puts its records, which is Java's default.
#include "aggregator/partition.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <random>
#include <string>

namespace zonelag::aggregator {
namespace {

std::int32_t librdkafka(const std::string& key, std::int32_t partitions) {
  return rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr, nullptr);
}

TEST(Partition, IsLibrdkafkas) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random() % 40, '\0');
    for (char& c : key) c = static_cast<char>(random() % 256);
    for (const std::int32_t partitions : {1, 2, 7, 16, 1000}) {
      ASSERT_EQ(partition_of(key_hash(key), static_cast<std::uint32_t>(partitions)),
                static_cast<std::uint32_t>(librdkafka(key, partitions)))
          << i;
    }
  }
}

TEST(Partition, ZonesAsText) {
  for (const char* key : {".", "at", "example.at", "a.very.long.name.of.a.zone.below.example.at"}) {
    EXPECT_EQ(partition_of(key_hash(key), 16), static_cast<std::uint32_t>(librdkafka(key, 16))) << key;
  }
}

}  // namespace
}  // namespace zonelag::aggregator
