// The store's methods against a real server, with the rights that the service has.
#include "aggregator/store/postgres.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aggregator/partition.h"
#include "batch.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int32_t kBoth[] = {0, 1};

TEST(PostgresStore, AdoptsCommitsAndReadsBack) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.check_schema());
  const auto adopted = store.adopt(kZero, 1);
  ASSERT_TRUE(adopted) << adopted.error().text;
  ASSERT_EQ(adopted->size(), 1U);
  EXPECT_EQ(adopted->front().next_offset, -1);
  EXPECT_EQ(*store.latest(), std::nullopt);
  const Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes, kNoon));
  EXPECT_EQ(*store.latest(), kNoon);
  EXPECT_EQ(store.adopt(kZero, 1)->front().next_offset, 10);
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), "2");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.slas"), "1");
  EXPECT_EQ(database.rows("SELECT hostname FROM tlddns.open_nodes ORDER BY 1"), "ams1;lon1");
  const auto zones = load(store, 10, {{.zone = zone("example.at"), .zone_is_new = true, .serials = {Serial(7)}}});
  ASSERT_EQ(zones.size(), 1U);
  expect_stored(changes, zones.front());
}

TEST(PostgresStore, UpdatesWhatItInserted) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  for (std::int64_t offset = 10; offset < 13; ++offset) {  // the temporary tables are empty each time
    touch(changes);
    ASSERT_TRUE(commit(store, offset, offset + 1, changes));
  }
  const auto zones = load(store, 13, {{.zone = zone("example.at"), .serials = {Serial(7)}}});
  ASSERT_EQ(zones.size(), 1U);
  expect_stored(changes, zones.front());
  EXPECT_EQ(database.rows("SELECT policy, verdict FROM tlddns.verdicts ORDER BY 1"), "contract|met;icann|open");
}

TEST(PostgresStore, RowsAreAsUsersReadThem) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 10, sample_changes()));
  EXPECT_EQ(database.rows("SELECT srcip, zone, received_at, serial, hostname, loc, dsc_name, ns_type, incoming_lag, "
                          "customer_lag, status, basis, "
                          "superseded_by, announced_at, served_at, unknown_references, day FROM tlddns.serials WHERE "
                          "hostname = 'vie1'"),
            "10.0.0.2|example.at|2026-11-20 12:00:00.000001+00|7|vie1|vie|Wien "
            "\xc3\x96|secondary|00:00:00.000002|NULL|production|announced|"
            "8|2026-11-20 12:00:00.000001+00|NULL|{customer}|2026-11-20");
  EXPECT_EQ(database.rows("SELECT zone, serial, min_lag, median_lag, percentile_90_lag, ns_count FROM tlddns.slas"),
            "example.at|7|00:00:00.000002|00:00:00.000002|NULL|1");
}

TEST(PostgresStore, WhatIsNoVersionIsNotShown) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  touch(changes);
  changes.versions[0].inventory = 0;
  changes.versions[0].verdicts.clear();
  ASSERT_TRUE(commit(store, 10, 11, changes));
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.versions"), "1");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.slas"), "0");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.open_nodes"), "0");
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.verdicts"), "0");
  // Yet it is loaded.
  const auto zones = load(store, 11, {{.zone = zone("example.at"), .serials = {Serial(7)}}});
  expect_stored(changes, zones.front());
}

TEST(PostgresStore, LagsInThePythonToolsWay) {
  const Database database;
  DatabaseConfig config = database.service();
  config.legacy_lags = true;
  PostgresStore store(config);
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 10, sample_changes()));
  EXPECT_EQ(database.rows("SELECT hostname, customer_lag, incoming_lag, distribution_lag, unknown_references FROM "
                          "tlddns.serials ORDER BY 1"),
            "in1|-00:00:01|00:00:00|00:00:00|{customer};vie1|-00:00:01|00:00:00.000002|00:00:00|{customer}");
}

TEST(PostgresStore, RemovesRows) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  const Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  Changes removal;
  removal.removed_nodes = {{zone("example.at"), Serial(7), changes.nodes[0].day, "10.0.0.1"}};
  ASSERT_TRUE(commit(store, 10, 11, removal));
  EXPECT_EQ(database.rows("SELECT srcip FROM tlddns.serials"), "10.0.0.2");
  // Not there any more: memory and tables are not the same.
  const ConsumedRange ranges[] = {{0, 11, 12}};
  ASSERT_TRUE(store.begin(ranges));
  const auto again = store.write(removal);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, StoreFault::fenced);
  EXPECT_THAT(again.error().text, HasSubstr("table serial_rows: 1 rows to be removed, 0 are there"));
}

TEST(PostgresStore, WhatIsThereAlreadyOrNotIsFenced) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes changes = sample_changes();
  ASSERT_TRUE(commit(store, -1, 10, changes));
  const ConsumedRange ranges[] = {{0, 10, 11}};
  ASSERT_TRUE(store.begin(ranges));
  const auto twice = store.write(changes);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().fault, StoreFault::fenced);
  EXPECT_THAT(twice.error().text, HasSubstr("table evidence_20261120: duplicate key value"));
  EXPECT_FALSE(store.commit());  // the transaction is gone

  touch(changes);
  changes.evidence[0].row.srcip = "10.9.9.9";
  ASSERT_TRUE(store.begin(ranges));
  const auto absent = store.write(changes);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().fault, StoreFault::fenced);
  EXPECT_THAT(absent.error().text, HasSubstr("table evidence: 3 rows to be changed, 2 are there"));
  EXPECT_EQ(database.value("SELECT next_offset FROM tlddns.kafka_offsets"), "10");
}

TEST(PostgresStore, FencesWhoLostThePartition) {
  const Database database;
  PostgresStore first(database.service());
  PostgresStore second(database.service());
  ASSERT_TRUE(first.adopt(kBoth, 2));
  ASSERT_TRUE(commit(first, -1, 5, {}));
  EXPECT_EQ(second.adopt(kZero, 2)->front().next_offset, 5);
  const ConsumedRange lost[] = {{1, -1, 1}, {0, 5, 6}};
  const auto begun = first.begin(lost);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().fault, StoreFault::fenced);
  EXPECT_THAT(begun.error().text, HasSubstr("topic 'zonelag.events': partition 0 was taken over"));
  const std::string holder = database.value("SELECT holder FROM tlddns.kafka_offsets WHERE partition = 0");
  EXPECT_THAT(begun.error().text, HasSubstr(": it is held by " + holder + " now"));
  EXPECT_TRUE(commit(second, 5, 6, {}));
  // The other partition is still the first one's, and where it was.
  const ConsumedRange kept[] = {{1, -1, 1}};
  EXPECT_TRUE(first.begin(kept));
  EXPECT_TRUE(first.commit());
  const ConsumedRange wrong[] = {{1, 0, 1}};
  const auto not_there = first.begin(wrong);
  EXPECT_EQ(not_there.error().fault, StoreFault::fenced);
  EXPECT_THAT(not_there.error().text, Not(HasSubstr("held by"))) << "nobody else holds it";
}

TEST(PostgresStore, ATakeoverWaitsForTheTransactionInFlight) {
  const Database database;
  PostgresStore first(database.service());
  PostgresStore second(database.service());
  ASSERT_TRUE(first.adopt(kZero, 1));
  const ConsumedRange ranges[] = {{0, -1, 7}};
  ASSERT_TRUE(first.begin(ranges));
  ASSERT_TRUE(first.write(sample_changes()));
  std::int64_t found = -2;
  {
    std::jthread taking([&] { found = second.adopt(kZero, 1)->front().next_offset; });
    while (
        database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") !=
        "1") {
      std::this_thread::yield();
    }
    ASSERT_TRUE(first.commit());
  }
  EXPECT_EQ(found, 7);
  EXPECT_TRUE(commit(second, 7, 8, {}));
}

TEST(PostgresStore, ALargerLayoutFencesEverybodyWithTheSmaller) {
  const Database database;
  PostgresStore old(database.service());
  PostgresStore other(database.service());
  ASSERT_TRUE(old.adopt(kBoth, 2));
  constexpr std::int32_t kThree[] = {3};
  ASSERT_TRUE(other.adopt(kThree, 4));
  const ConsumedRange ranges[] = {{0, -1, 1}};
  EXPECT_EQ(old.begin(ranges).error().fault, StoreFault::fenced);
  const auto behind = old.adopt(kZero, 2);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().fault, StoreFault::fenced);
  EXPECT_THAT(behind.error().text, HasSubstr("it has 4 partitions by now, this process knows of 2"));
  ASSERT_TRUE(old.adopt(kZero, 4));
  EXPECT_TRUE(commit(old, -1, 1, {}));
}

// Whoever has the partition, and wherever a zone goes: what is sent later has the larger revision.
TEST(PostgresStore, RevisionsGrow) {
  const Database database;
  PostgresStore first(database.service());
  PostgresStore second(database.service());
  ASSERT_TRUE(first.adopt(kBoth, 2));
  std::vector<std::uint64_t> revisions;
  const auto transact = [&](PostgresStore& store, std::vector<ConsumedRange> ranges) {
    const auto begun = store.begin(ranges);
    ASSERT_TRUE(begun) << begun.error().text;
    revisions.push_back(*begun);
    ASSERT_TRUE(store.commit());
  };
  transact(first, {{0, -1, 1}, {1, -1, 1}});
  transact(first, {{1, 1, 2}});
  ASSERT_TRUE(second.adopt(kZero, 2));
  transact(second, {{0, 1, 1}});  // a sweep: nothing was consumed
  // From here on the clock is far behind.
  database.rows("UPDATE tlddns.kafka_offsets SET revision = 9000000000000000 WHERE partition = 1");
  transact(first, {{1, 2, 3}});
  ASSERT_TRUE(second.adopt(kBoth, 4));  // zones of partition 1 may be in partition 0 now,
  transact(second, {{0, 1, 2}});
  constexpr std::int32_t kThree[] = {3};
  ASSERT_TRUE(second.adopt(kThree, 4));  // and in one that was not there
  transact(second, {{3, -1, 1}});
  transact(second, {{0, 2, 3}, {1, 3, 4}, {3, 1, 2}});
  EXPECT_GT(revisions[3], 9'000'000'000'000'000U);
  for (std::size_t i = 1; i < revisions.size(); ++i) EXPECT_GT(revisions[i], revisions[i - 1]) << i;
  EXPECT_EQ(second.begin({}), 0U);
}

TEST(PostgresStore, RevisionsFollowTheClockAfterARestoreFromABackup) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 1, {}));
  const auto sent = std::stoull(database.value("SELECT revision FROM tlddns.kafka_offsets"));
  database.rows("UPDATE tlddns.kafka_offsets SET revision = 0");
  const ConsumedRange ranges[] = {{0, 1, 2}};
  EXPECT_GT(store.begin(ranges).value(), sent);
}

TEST(PostgresStore, OffsetsAreByTopic) {
  const Database database;
  DatabaseConfig config = database.service();
  PostgresStore one(config);
  config.topic = "other.events";
  PostgresStore two(config);
  ASSERT_TRUE(one.adopt(kZero, 1));
  ASSERT_TRUE(two.adopt(kZero, 1));
  EXPECT_TRUE(commit(one, -1, 5, {}, kNoon));
  EXPECT_EQ(*two.latest(), std::nullopt);
  EXPECT_TRUE(commit(two, -1, 9, {}, kNoon - 1s));
  EXPECT_TRUE(commit(one, 5, 6, {}, kNoon - 2s));  // the latest stays the latest
  EXPECT_EQ(*one.latest(), kNoon);
}

TEST(PostgresStore, KeepsMessagesUntilTheyAreSent) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kBoth, 2));
  const std::vector<OutgoingMessage> messages{
      {"zonelag.lags", "example.at", std::string("\0\1\xff", 3), {{"reason", "none"}, {"", ""}}}, {"t", "", "", {}}};
  const ConsumedRange first[] = {{1, -1, 1}};
  ASSERT_TRUE(store.begin(first));
  const auto id = store.write_outbox(1, messages, {});
  ASSERT_TRUE(id) << id.error().text;
  ASSERT_TRUE(store.commit());
  EXPECT_TRUE(store.pending(kZero)->empty());
  const auto entries = store.pending(kBoth);
  ASSERT_TRUE(entries) << entries.error().text;
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().id, **id);
  ASSERT_EQ(entries->front().messages.size(), 2U);
  EXPECT_EQ(entries->front().messages[0].value, messages[0].value);
  EXPECT_EQ(entries->front().messages[0].headers, messages[0].headers);
  EXPECT_EQ(entries->front().messages[1].topic, "t");

  const ConsumedRange second[] = {{1, 1, 2}};
  ASSERT_TRUE(store.begin(second));
  const std::int64_t sent[] = {**id};
  EXPECT_EQ(*store.write_outbox(1, {}, sent), std::nullopt);
  ASSERT_TRUE(store.commit());
  EXPECT_TRUE(store.pending(kBoth)->empty());
}

TEST(PostgresStore, HeartbeatsComeBackAsTheyAre) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  constexpr std::uint64_t kBoot = 0xfedcba9876543210U;
  Changes changes;
  changes.sensors = {{"a", kBoot, "1.1", "vie1", kNoon + 1s, 20, 3, 1500us, 7, 10s + 1ns},
                     {"b", 1, "", "", kNoon, 1, 0, std::nullopt, 0, std::nullopt}};
  ASSERT_TRUE(commit(store, -1, 1, changes));
  database.rows("INSERT INTO tlddns.sensors (name) VALUES ('of evidence alone')");
  auto sensors = store.sensors();
  ASSERT_TRUE(sensors) << sensors.error().text;
  ASSERT_EQ(sensors->size(), 2U);
  std::ranges::sort(*sensors, {}, &SensorChange::sensor);
  const SensorChange& first = sensors->front();
  EXPECT_EQ(first.sensor, "a");
  EXPECT_EQ(first.boot_id, kBoot);
  EXPECT_EQ(first.last_seen, kNoon + 1s);
  EXPECT_EQ(first.last_sequence, 20U);
  EXPECT_EQ(first.dropped, 3U);
  EXPECT_EQ(first.lost_events, 7U);
  EXPECT_EQ(first.interval, 10s + 1ns);
  EXPECT_EQ(sensors->back().interval, std::nullopt);
}

TEST(PostgresStore, SmallRowsDoNotDependOnOrderOrRepeats) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes later;
  later.sensors = {{"probe", 5, "1.1", "vie1", kNoon + 1s, 20, 3, 1500us}};
  later.blind_times = {{"probe", 5, kNoon, kNoon + 9s, Blindness::lost_events, 4}};
  later.services = {{"vie1", kNoon, false}};
  later.candidates = {{"192.0.2.9", false, 2, kNoon, kNoon + 9s, zone("b")},
                      {"192.0.2.9", true, 1, kNoon, kNoon, zone("c")}};
  TransferChange transfer{.sensor = "probe", .message_id = 9, .server_port = 53, .client_port = 4000};
  transfer.row.zone = zone("example.at");
  transfer.row.started_at = kNoon;
  transfer.row.server = *IpAddress::parse("10.0.0.1");
  transfer.row.client = *IpAddress::parse("2001:db8::1");
  Changes earlier = later;
  earlier.sensors[0].last_seen -= 2s;
  earlier.sensors[0].last_sequence = 10;
  earlier.blind_times[0].until -= 2s;
  earlier.candidates = {{"192.0.2.9", false, 3, kNoon - 5s, kNoon + 1s, zone("a")}};
  earlier.transfers = {transfer};
  transfer.row.outcome = decoder::TransferPhase::completed;
  transfer.row.ended_at = kNoon + 2s;
  later.transfers = {transfer, earlier.transfers[0]};
  ASSERT_TRUE(commit(store, -1, 1, later));
  ASSERT_TRUE(commit(store, 1, 2, earlier));
  earlier.candidates.clear();
  ASSERT_TRUE(commit(store, 2, 3, earlier));
  EXPECT_EQ(
      database.rows(
          "SELECT name, boot_id, version, node, last_seen, last_sequence, dropped, clock_error FROM tlddns.sensors"),
      "probe|5|1.1|vie1|2026-11-20 12:00:01+00|20|3|00:00:00.0015");
  EXPECT_EQ(database.rows("SELECT kind, blind_from, blind_until, lost FROM tlddns.sensor_blind_times"),
            "lost events|2026-11-20 12:00:00+00|2026-11-20 12:00:09+00|4");
  EXPECT_EQ(database.rows("SELECT * FROM tlddns.unknown_sources ORDER BY foreign_customer"),
            "192.0.2.9|f|5|2026-11-20 11:59:55+00|2026-11-20 12:00:09+00|b;192.0.2.9|t|1|2026-11-20 "
            "12:00:00+00|2026-11-20 12:00:00+00|c");
  EXPECT_EQ(database.rows("SELECT server, client, outcome, reason, ended_at FROM tlddns.transfers"),
            "10.0.0.1|2001:db8::1|completed|NULL|2026-11-20 12:00:02+00");
  const auto services = store.services();
  ASSERT_TRUE(services) << services.error().text;
  EXPECT_THAT(*services, ElementsAre(ServiceChange{"vie1", kNoon, false}));
}

TEST(PostgresStore, KeepsTextThatIsNone) {
  const Database database;
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  Changes changes = sample_changes();
  changes.evidence[0].row.facts[0]->sensor = std::string("a\0b\xff\xed\xa0\x80", 7);
  changes.evidence[2].row.facts[0]->sensor = std::string("a\0b\xff\xed\xa0\x80", 7);
  ASSERT_TRUE(commit(store, -1, 1, changes));
  EXPECT_EQ(database.rows("SELECT name FROM tlddns.sensors ORDER BY 1"), "a?b????;probe-1");
}

}  // namespace
}  // namespace zonelag::aggregator
