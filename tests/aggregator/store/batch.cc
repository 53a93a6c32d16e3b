#include "batch.h"

namespace zonelag::aggregator {

::testing::AssertionResult commit(Store& store, std::int64_t from, std::int64_t to, const Changes& changes,
                                  Timestamp latest) {
  const ConsumedRange ranges[] = {{0, from, to, latest}};
  if (auto begun = store.begin(ranges); !begun) return ::testing::AssertionFailure() << begun.error().text;
  if (auto wrote = store.write(changes); !wrote) return ::testing::AssertionFailure() << wrote.error().text;
  if (auto done = store.commit(); !done) return ::testing::AssertionFailure() << done.error().text;
  return ::testing::AssertionSuccess();
}

std::vector<StoredZone> load(Store& store, std::int64_t offset, std::vector<WantedZone> wanted) {
  const ConsumedRange ranges[] = {{0, offset, offset}};
  const auto begun = store.begin(ranges);
  EXPECT_TRUE(begun) << (begun ? "" : begun.error().text);
  auto zones = store.load(wanted);
  EXPECT_TRUE(zones) << (zones ? "" : zones.error().text);
  store.rollback();
  return zones.value_or(std::vector<StoredZone>{});
}

std::vector<StoredZone> open_zones(Store& store, Timestamp since, Timestamp settled_since,
                                   std::span<const std::int32_t> partitions, std::int32_t layout) {
  std::vector<StoredZone> zones;
  const auto read = store.open_zones(partitions, layout, since, settled_since,
                                     [&](StoredZone&& one) { zones.push_back(std::move(one)); });
  EXPECT_TRUE(read) << (read ? "" : read.error().text);
  return zones;
}

}  // namespace zonelag::aggregator
