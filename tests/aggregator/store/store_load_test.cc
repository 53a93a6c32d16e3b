// What load() and open_zones() give back of many versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregator/partition.h"
#include "aggregator/store/postgres.h"
#include "batch.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Given {
  const char* zone;
  std::uint32_t serial;
  Duration first_seen;  // after noon
  Duration last_evidence;
  std::vector<std::string> open;
};

Changes versions(const std::vector<Given>& all) {
  Changes changes;
  for (const Given& given : all) {
    VersionChange change = sample_changes().versions.front();
    change.row.zone = zone(given.zone);
    change.row.serial = Serial(given.serial);
    change.key_hash = key_hash(change.row.zone.to_text());
    change.row.first_seen = kNoon + given.first_seen;
    change.last_evidence = kNoon + given.last_evidence;
    change.day = std::chrono::floor<std::chrono::days>(change.row.first_seen);
    change.open_nodes = given.open;
    changes.versions.push_back(std::move(change));
  }
  return changes;
}

std::vector<std::uint32_t> serials(const StoredZone& zone) {
  std::vector<std::uint32_t> all;
  for (const StoredVersion& version : zone.versions) all.push_back(version.serial.value());
  return all;
}

class StoreLoad : public ::testing::Test {
 protected:
  void given(const std::vector<Given>& all) {
    ASSERT_TRUE(store.adopt(kZero, 1));
    ASSERT_TRUE(commit(store, -1, 0, versions(all)));
  }
  const Database database;
  PostgresStore store{database.service()};
};

TEST_F(StoreLoad, TheOldestThatIsWantedAndAllSince) {
  given({{"a", 1, -48h, -48h, {}},
         {"a", 2, -24h, -24h, {}},
         {"a", 3, 0h, 0h, {}},
         {"a", 4, 1h, 1h, {}},
         {"b", 3, 0h, 0h, {}}});
  const auto zones = load(store, 0,
                          {{.zone = zone("a"), .serials = {Serial(3), Serial(2), Serial(99)}},
                           {.zone = zone("b"), .serials = {Serial(9)}}});
  ASSERT_EQ(zones.size(), 2U);
  EXPECT_EQ(zones[0].zone, zone("a"));
  EXPECT_THAT(serials(zones[0]), ElementsAre(2, 3, 4));
  EXPECT_EQ(zones[1].zone, zone("b"));
  EXPECT_THAT(serials(zones[1]), IsEmpty());
}

TEST_F(StoreLoad, VersionsInWhichANodeIsOpen) {
  given({{"a", 1, -3h, -3h, {"x"}}, {"a", 2, -2h, -2h, {"x", "y"}}, {"a", 3, -1h, -1h, {"y"}}, {"a", 4, 0h, 0h, {}}});
  const auto zones = load(store, 0, {{.zone = zone("a"), .zone_is_new = true, .nodes = {"y"}}});
  EXPECT_THAT(serials(zones[0]), ElementsAre(2, 3, 4));
  EXPECT_THAT(zones[0].open_elsewhere, ElementsAre("x"));
}

TEST_F(StoreLoad, OpenElsewhereOfANewZoneOnly) {
  given({{"a", 1, -3h, -3h, {"x"}}, {"a", 2, -2h, -2h, {"y", "z"}}});
  const auto asked =
      load(store, 0,
           {{.zone = zone("a"), .zone_is_new = true}, {.zone = zone("a")}, {.zone = zone("c"), .zone_is_new = true}});
  EXPECT_THAT(serials(asked[0]), IsEmpty());
  EXPECT_THAT(asked[0].open_elsewhere, ElementsAre("x", "y", "z"));
  EXPECT_THAT(asked[1].open_elsewhere, IsEmpty());
  EXPECT_THAT(asked[2].open_elsewhere, IsEmpty());
}

TEST_F(StoreLoad, NothingWanted) {
  given({});
  EXPECT_THAT(load(store, 0, {}), IsEmpty());
  EXPECT_THAT(open_zones(store, kNoon, kNoon), IsEmpty());
}

TEST_F(StoreLoad, OpenIsWhatIsNotClosed) {
  given({{"past-horizon", 1, -11h, 0h, {"x"}},
         {"settled", 1, -1h, -1h, {}},
         {"settling", 1, -1h, -10min, {}},
         {"open", 1, -10h, -10h, {"x"}},
         {"newer-too", 1, -9h, -9h, {"x"}},
         {"newer-too", 2, -8h, -8h, {}},
         {"newer-too", 3, -30h, -30h, {"z"}}});
  auto zones = open_zones(store, kNoon - 10h, kNoon - 15min);
  std::ranges::sort(zones, {}, [](const StoredZone& one) { return one.zone.to_text(); });
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[0].zone, zone("newer-too"));
  EXPECT_THAT(serials(zones[0]), ElementsAre(1, 2));
  EXPECT_THAT(zones[0].open_elsewhere, ElementsAre("z"));
  EXPECT_EQ(zones[1].zone, zone("open"));
  EXPECT_EQ(zones[2].zone, zone("settling"));
}

TEST_F(StoreLoad, OpenZonesOfSomePartitions) {
  given({{"a", 1, 0h, 0h, {"x"}}, {"b", 1, 0h, 0h, {"x"}}, {"c", 1, 0h, 0h, {"x"}}, {"d", 1, 0h, 0h, {"x"}}});
  constexpr std::int32_t kLayout = 3;
  std::size_t found = 0;
  for (std::int32_t partition = 0; partition < kLayout; ++partition) {
    const std::int32_t wanted[] = {partition};
    for (const StoredZone& one : open_zones(store, kNoon, kNoon, wanted, kLayout)) {
      EXPECT_EQ(partition_of(key_hash(one.zone.to_text()), kLayout), static_cast<std::uint32_t>(partition));
      ++found;
    }
  }
  EXPECT_EQ(found, 4U);
}

}  // namespace
}  // namespace zonelag::aggregator
