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
  Verdict verdict = Verdict::met;  // by its second policy
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
    change.verdicts = {{"contract", Verdict::met, 1500ns, {}}, {"other", given.verdict, {}, {}}};
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
  EXPECT_EQ(zones[0].since, kNoon - 24h);
  EXPECT_EQ(zones[1].zone, zone("b"));
  EXPECT_THAT(serials(zones[1]), IsEmpty());
  EXPECT_EQ(zones[1].since, Timestamp::max());
}

TEST_F(StoreLoad, ByTheLatestEvidenceNotTheFirst) {
  given({{"a", 1, -48h, 2h, {}}, {"a", 2, -3h, -2h, {}}, {"a", 3, -24h, -23h, {}}, {"a", 9, -90h, -90h, {}}});
  const auto zones = load(store, 0, {{.zone = zone("a"), .serials = {Serial(9)}, .since = kNoon}});
  EXPECT_THAT(serials(zones[0]), ElementsAre(9, 1, 3, 2));
  const auto since = load(store, 0, {{.zone = zone("a"), .since = kNoon - 2h}});
  EXPECT_THAT(serials(since[0]), ElementsAre(1, 2));
  EXPECT_EQ(since[0].since, kNoon - 2h);
}

TEST_F(StoreLoad, NewerOnesOfASerialThatIsNotThere) {
  given({{"a", 4'294'967'290U, -9h, -9h, {}},
         {"a", 3, -8h, -8h, {}},
         {"a", 2'147'483'641U, -7h, -7h, {}},
         {"a", 2'147'483'643U, -6h, -6h, {}},
         {"b", 5, -9h, -9h, {}}});
  const auto zones = load(store, 0,
                          {{.zone = zone("a"), .serials = {Serial(4'294'967'289U)}},
                           {.zone = zone("a"), .serials = {Serial(4'294'967'295U)}},
                           {.zone = zone("a"), .serials = {Serial(2'147'483'643U + 1)}}});
  EXPECT_THAT(serials(zones[0]), ElementsAre(4'294'967'290U, 3));  // 2^31 apart: neither is newer
  EXPECT_EQ(zones[0].since, Timestamp::max());
  EXPECT_THAT(serials(zones[1]), ElementsAre(3, 2'147'483'641U, 2'147'483'643U));
  EXPECT_THAT(serials(zones[2]), ElementsAre(4'294'967'290U));
}

TEST_F(StoreLoad, OfManyNewerOnesThoseWithTheLatestEvidence) {
  std::vector<Given> all{{"a", 1000, -99h, -99h, {}}};
  for (std::uint32_t i = 1; i <= 130; ++i) {  // the higher the serial, the older
    const Duration age = std::chrono::minutes(i);
    all.push_back({"a", 1000 + i, -age, -age, {}});
  }
  given(all);
  const auto zones = load(store, 0, {{.zone = zone("a"), .serials = {Serial(1001), Serial(900), Serial(1129)}}});
  std::vector<std::uint32_t> found = serials(zones[0]);
  std::ranges::sort(found);
  std::vector<std::uint32_t> expected;
  for (std::uint32_t serial = 1001; serial <= 1130; ++serial) expected.push_back(serial);
  EXPECT_EQ(found, expected);  // all since the first_seen of 1129, and 1130, which is newer than it
  const auto old = load(store, 0, {{.zone = zone("a"), .serials = {Serial(900)}}});
  EXPECT_EQ(old[0].versions.size(), WantedZone::kNewerWanted);
  EXPECT_EQ(old[0].versions.front().serial, Serial(1100));
  EXPECT_EQ(old[0].versions.back().serial, Serial(1001));
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
         {"settled", 1, -1h, -1h, {"x"}},
         {"settling", 1, -1h, -10min, {}},
         {"undecided", 1, -99h, -98h, {}, Verdict::open},
         {"more-too", 1, -9h, 0h, {"x"}},
         {"more-too", 2, -12h, -8h, {"x"}},
         {"more-too", 3, -30h, -30h, {"z"}}});
  auto zones = open_zones(store, kNoon - 10h, kNoon - 15min);
  std::ranges::sort(zones, {}, [](const StoredZone& one) { return one.zone.to_text(); });
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[0].zone, zone("more-too"));
  EXPECT_THAT(serials(zones[0]), ElementsAre(2, 1));
  EXPECT_EQ(zones[0].since, kNoon - 9h);
  EXPECT_THAT(zones[0].open_elsewhere, ElementsAre("z"));
  EXPECT_EQ(zones[1].zone, zone("settling"));
  EXPECT_EQ(zones[1].since, kNoon - 1h);
  EXPECT_EQ(zones[2].zone, zone("undecided"));
  EXPECT_EQ(zones[2].since, kNoon - 99h);
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
