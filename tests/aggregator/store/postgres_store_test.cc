// Every method of the store against a real server.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregator/partition.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using ::testing::HasSubstr;

constexpr std::int32_t kZero[] = {0};

// Commits one batch; partition 0 of 1.
::testing::AssertionResult commit(PostgresStore& store, std::int64_t from, std::int64_t to, const Changes& changes,
                                  Timestamp latest = Timestamp::min()) {
  const ConsumedRange ranges[] = {{0, from, to, latest}};
  if (auto begun = store.begin(ranges); !begun) return ::testing::AssertionFailure() << begun.error().text;
  if (auto wrote = store.write(changes); !wrote) return ::testing::AssertionFailure() << wrote.error().text;
  if (auto done = store.commit(); !done) return ::testing::AssertionFailure() << done.error().text;
  return ::testing::AssertionSuccess();
}

std::vector<StoredZone> load(PostgresStore& store, std::int64_t offset, std::vector<WantedZone> wanted) {
  const ConsumedRange ranges[] = {{0, offset, offset}};
  const auto begun = store.begin(ranges);
  EXPECT_TRUE(begun) << (begun ? "" : begun.error().text);
  auto zones = store.load(wanted);
  EXPECT_TRUE(zones) << (zones ? "" : zones.error().text);
  store.rollback();
  return zones.value_or(std::vector<StoredZone>{});
}

TEST(PostgresStore, AdoptsCommitsAndReadsBack) {
  const Database database;
  PostgresStore store(database.config());
  ASSERT_TRUE(store.check_schema());
  const auto adopted = store.adopt(kZero, 1);
  ASSERT_TRUE(adopted) << adopted.error().text;
  ASSERT_EQ(adopted->size(), 1U);
  EXPECT_EQ(adopted->front().next_offset, -1);
  const Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes, kNoon));
  EXPECT_EQ(*store.latest(), kNoon);
  EXPECT_EQ(store.adopt(kZero, 1)->front().next_offset, 10);
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), "2");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.slas"), "1");

  const auto zones = load(store, 10, {{.zone = zone("example.at"), .zone_is_new = true, .serials = {Serial(7)}}});
  ASSERT_EQ(zones.size(), 1U);
  expect_stored(changes, zones.front());
}

TEST(PostgresStore, UpdatesWhatItInserted) {
  const Database database;
  PostgresStore store(database.config());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  touch(changes);
  ASSERT_TRUE(commit(store, 10, 20, changes));
  const auto zones = load(store, 20, {{.zone = zone("example.at"), .serials = {Serial(7)}}});
  ASSERT_EQ(zones.size(), 1U);
  expect_stored(changes, zones.front());
  EXPECT_EQ(database.rows("SELECT policy, verdict FROM tlddns.verdicts ORDER BY 1"), "contract|met;icann|open");
}

TEST(PostgresStore, OpensWhatIsOpen) {
  const Database database;
  PostgresStore store(database.config());
  ASSERT_TRUE(store.adopt(kZero, 1));
  const Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  std::vector<StoredZone> zones;
  const auto take = [&](StoredZone&& one) { zones.push_back(std::move(one)); };
  const auto read = store.open_zones(kZero, 1, kNoon - std::chrono::hours(10), kNoon, take);
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(zones.size(), 1U);
  expect_stored(changes, zones.front());
}

TEST(PostgresStore, FencesWhoLostThePartition) {
  const Database database;
  PostgresStore first(database.config());
  PostgresStore second(database.config());
  ASSERT_TRUE(first.adopt(kZero, 1));
  ASSERT_TRUE(commit(first, -1, 5, {}));
  EXPECT_EQ(second.adopt(kZero, 1)->front().next_offset, 5);
  const ConsumedRange ranges[] = {{0, 5, 6}};
  const auto begun = first.begin(ranges);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().fault, StoreFault::fenced);
  EXPECT_THAT(begun.error().text, HasSubstr("partition 0 was taken over"));
  EXPECT_TRUE(commit(second, 5, 6, {}));
}

}  // namespace
}  // namespace zonelag::aggregator
