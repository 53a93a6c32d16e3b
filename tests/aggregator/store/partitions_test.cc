// Partitions: made when needed, by several at once; dropped when old; and what is unique over all of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aggregator/store/postgres.h"
#include "batch.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kPartitions =
    "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'";

Changes on(Day day) {
  Changes changes = sample_changes();
  for (auto& change : changes.evidence) change.day = day;
  for (auto& change : changes.nodes) change.day = day;
  for (auto& change : changes.versions) change.day = day;
  return changes;
}

void serial(Changes& changes, std::uint32_t serial) {
  for (auto& change : changes.evidence) change.row.serial = Serial(serial);
  for (auto& change : changes.nodes) change.row.serial = Serial(serial);
  for (auto& change : changes.versions) change.row.serial = Serial(serial);
}

TEST(Partitions, MadeOfTheDaysThatABatchHas) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 1, on(std::chrono::year(2024) / 2 / 29)));
  EXPECT_EQ(database.value(kPartitions),
            "evidence_20240229 serial_rows_20240229 transfers_20240229 verdicts_202402 versions_202402");
}

TEST(Partitions, ARolledBackBatchForgetsThem) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  const Changes changes = on(std::chrono::year(2026) / 11 / 20);
  const ConsumedRange ranges[] = {{0, -1, 1}};
  ASSERT_TRUE(store.begin(ranges));
  ASSERT_TRUE(store.write(changes));
  store.rollback();
  EXPECT_EQ(database.value(kPartitions), "NULL");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.sensors"), "0");
  EXPECT_TRUE(commit(store, -1, 1, changes));
}

TEST(Partitions, ManyAtOnce) {
  const Database database;
  std::vector<std::string> errors(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i) {
      threads.emplace_back([&, i] {
        PostgresStore store(database.service());
        const auto partition = static_cast<std::int32_t>(i);
        const std::int32_t mine[] = {partition};
        if (const auto adopted = store.adopt(mine, 8); !adopted) errors[i] = adopted.error().text;
        for (std::uint32_t batch = 0; batch < 6 && errors[i].empty(); ++batch) {
          Changes changes = on(Day(std::chrono::year(2026) / 11 / 27) + std::chrono::days(batch));
          serial(changes, 100 * static_cast<std::uint32_t>(i) + batch);
          for (auto& change : changes.versions) change.key_hash = static_cast<std::uint32_t>(i);
          const ConsumedRange ranges[] = {{partition, static_cast<std::int64_t>(batch) - 1, batch}};
          if (const auto begun = store.begin(ranges); !begun) errors[i] = begun.error().text;
          if (const auto wrote = store.write(changes); !wrote) errors[i] = wrote.error().text;
          if (const auto done = store.commit(); !done) errors[i] = done.error().text;
        }
      });
    }
  }
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.versions"), "48");
  EXPECT_EQ(database.value("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'"),
            std::to_string(6 * 3 + 2 * 2));
}

TEST(Partitions, AheadAndBehind) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  std::int64_t offset = -1;
  for (const Day day : {Day(std::chrono::year(2026) / 9 / 30), Day(std::chrono::year(2026) / 10 / 1),
                        Day(std::chrono::year(2026) / 11 / 19), Day(std::chrono::year(2026) / 11 / 20)}) {
    Changes changes = on(day);
    serial(changes, static_cast<std::uint32_t>(100 + offset));
    ASSERT_TRUE(commit(store, offset, offset + 1, changes));
    ++offset;
  }
  // 30 Nov: rows of the last 10 days, versions of the last 60, which begin on 1 Oct.
  const Timestamp now = Day(std::chrono::year(2026) / 11 / 30);
  const auto kept = store.maintain(now, std::chrono::days(10), std::chrono::days(60));
  ASSERT_TRUE(kept) << kept.error().text;
  EXPECT_EQ(database.rows("SELECT zone, day FROM tlddns.versions ORDER BY day"),
            "example.at|2026-10-01;example.at|2026-11-19;example.at|2026-11-20");
  EXPECT_EQ(database.rows("SELECT DISTINCT day FROM tlddns.serials UNION SELECT DISTINCT day FROM tlddns.evidence"),
            "2026-11-20");
  EXPECT_EQ(database.value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relispartition AND "
                           "relkind = 'r' AND relname ~ "
                           "'^(serial_rows|versions)'"),
            "serial_rows_20261120 serial_rows_20261130 serial_rows_20261201 serial_rows_20261202 serial_rows_20261203 "
            "versions_202610 "
            "versions_202611 versions_202612");
  // The day is gone, and comes back when it is needed.
  Changes late = on(std::chrono::year(2026) / 11 / 19);
  late.versions.clear();
  EXPECT_TRUE(commit(store, offset, offset + 1, late));
}

TEST(Partitions, SeveralMayTidyUpAtOnce) {
  const Database database;
  database.run(
      "SELECT tlddns.make_partitions(array_agg(d::date)) FROM generate_series(timestamp '2026-01-01', '2026-01-20', '1 "
      "day') d");
  std::vector<std::string> errors(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& error : errors) {
      threads.emplace_back([&] {
        PostgresStore store(database.service());
        // What one finds locked by another it leaves for the next time.
        for (int round = 0; round < 3; ++round) {
          const auto done = store.maintain(kNoon, std::chrono::days(10), std::chrono::days(10));
          if (!done) error = done.error().text;
        }
      });
    }
  }
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  PostgresStore last(database.service());
  ASSERT_TRUE(last.maintain(kNoon, std::chrono::days(10), std::chrono::days(10)));
  EXPECT_EQ(
      database.value("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '_202601'"),
      "0");
}

TEST(Partitions, NobodyWaitsForADrop) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 0, on(std::chrono::year(2026) / 1 / 1)));
  Connection user = database.connect("reader");
  ASSERT_TRUE(user.begin());
  ASSERT_TRUE(user.execute("SELECT count(*) FROM tlddns.serials"));
  const Timestamp now = Day(std::chrono::year(2026) / 11 / 30);
  ASSERT_TRUE(store.maintain(now, std::chrono::days(10), std::chrono::days(10)));  // left for the next time
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), "2");
  ASSERT_TRUE(user.commit());
  ASSERT_TRUE(store.maintain(now, std::chrono::days(10), std::chrono::days(10)));
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), "0");
}

TEST(Partitions, OnlyOursAreDropped) {
  const Database database;
  database.run("CREATE TABLE tlddns.serial_rows_20200101 (); CREATE TABLE tlddns.mine ()");
  PostgresStore store(database.service());
  ASSERT_TRUE(store.maintain(kNoon, std::chrono::days(10), std::chrono::days(10)));
  EXPECT_EQ(database.value("SELECT to_regclass('tlddns.serial_rows_20200101')"), "serial_rows_20200101");
  Connection service = database.connect("service");
  const auto dropped = service.execute("SELECT tlddns.drop_partition('mine')");
  ASSERT_FALSE(dropped);
  EXPECT_THAT(dropped.error().text, HasSubstr("\"mine\" is no partition of zonelag's tables"));
}

constexpr const char* kInsert =
    "INSERT INTO tlddns.versions (zone, serial, day, key_hash, inventory, first_seen, first_seen_ns, last_evidence_ns, "
    "ns_count, ns_expected, "
    "ns_open) VALUES ('at', 1, '{}', tlddns.key_hash('at'), 0, now(), 0, 0, 0, 0, 0)";

TEST(Uniqueness, OfAVersionOverAllPartitions) {
  const Database database;
  database.run("SELECT tlddns.make_partitions('{2026-10-31,2026-11-01,2026-11-02}')");
  database.run(fmt::format(fmt::runtime(kInsert), "2026-11-01"));
  Connection connection = database.connect();
  for (const char* day : {"2026-10-31", "2026-11-01", "2026-11-02"}) {
    const auto twice = connection.execute(fmt::format(fmt::runtime(kInsert), day));
    ASSERT_FALSE(twice) << day;
    EXPECT_EQ(twice.error().fault, StoreFault::fenced) << twice.error().text;
  }
  EXPECT_THAT(connection.execute("UPDATE tlddns.versions SET day = '2026-11-02'").error().text,
              HasSubstr("do not change"));
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.versions"), "1");
}

// Two sessions insert the same version under different months; neither sees the other's row before it commits.
TEST(Uniqueness, OfTwoSessionsAtOnce) {
  const Database database;
  database.run("SELECT tlddns.make_partitions('{2026-10-31,2026-11-01}')");
  Connection one = database.connect("service");
  Connection two = database.connect("service");
  ASSERT_TRUE(one.begin());
  ASSERT_TRUE(one.execute(fmt::format(fmt::runtime(kInsert), "2026-10-31")));
  Stored<Rows> second = std::unexpected(StoreError{});
  {
    std::jthread waiting([&] { second = two.execute(fmt::format(fmt::runtime(kInsert), "2026-11-01")); });
    while (database.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'") != "1")
      std::this_thread::yield();
    ASSERT_TRUE(one.commit());
  }
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, HasSubstr("version 1 of zone \"at\" is there already, under day 2026-10-31"));
  EXPECT_EQ(database.rows("SELECT day FROM tlddns.versions"), "2026-10-31");
}

TEST(Rights, OfTheTwoRoles) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 0, sample_changes()));
  Connection service = database.connect("service");
  for (const char* refused :
       {"CREATE TABLE tlddns.x ()", "DROP TABLE tlddns.versions", "DELETE FROM tlddns.versions",
        "TRUNCATE tlddns.evidence", "UPDATE tlddns.nameservers SET loc = ''",
        "INSERT INTO tlddns.policies DEFAULT VALUES", "DELETE FROM tlddns.kafka_offsets",
        "INSERT INTO tlddns.versions_202611 DEFAULT VALUES", "UPDATE tlddns.schema_migrations SET checksum = ''"}) {
    const auto done = service.execute(refused);
    ASSERT_FALSE(done) << refused;
    EXPECT_EQ(done.error().fault, StoreFault::refused) << done.error().text;
  }
  Connection reader = database.connect("reader");
  const auto names = reader.execute(
      "SELECT relname FROM pg_class WHERE relnamespace = 'tlddns'::regnamespace AND relkind IN ('p', 'r', 'v') AND NOT "
      "relispartition AND relname <> 'outbox'");
  ASSERT_TRUE(names);
  ASSERT_GT(names->size(), 15U);
  for (std::size_t row = 0; row < names->size(); ++row) {
    const auto read = reader.execute(fmt::format("SELECT * FROM tlddns.{}", names->at(row, 0)));
    EXPECT_TRUE(read) << read.error().text;
    EXPECT_FALSE(reader.execute(fmt::format("DELETE FROM tlddns.{}", names->at(row, 0))));
  }
  EXPECT_FALSE(reader.execute("SELECT tlddns.make_partitions('{2020-01-01}')"));
  EXPECT_FALSE(reader.execute("SELECT tlddns.drop_partition('versions_202611')"));
}

}  // namespace
}  // namespace zonelag::aggregator
