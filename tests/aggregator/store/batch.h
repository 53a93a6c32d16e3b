// One batch through a store, as the runner does it.
#pragma once

#include <gtest/gtest.h>

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

inline constexpr std::int32_t kZero[] = {0};

// Partition 0: begin, write, commit.
::testing::AssertionResult commit(Store& store, std::int64_t from, std::int64_t to, const Changes& changes,
                                  Timestamp latest = Timestamp::min());
// In a transaction at that offset which is rolled back; a failure fails the test.
std::vector<StoredZone> load(Store& store, std::int64_t offset, std::vector<WantedZone> wanted);
std::vector<StoredZone> open_zones(Store& store, Timestamp since, Timestamp settled_since,
                                   std::span<const std::int32_t> partitions = kZero, std::int32_t layout = 1);

}  // namespace zonelag::aggregator
