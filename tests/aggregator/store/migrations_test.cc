// The schema from nothing, from the Python tool's, half done, newer, by two at once.
#include "aggregator/store/migrations.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aggregator/partition.h"
#include "database.h"
#include "python_tool.h"

namespace zonelag::aggregator {
namespace {

using ::testing::HasSubstr;

constexpr int kNewest = 9;

Stored<int> migrate(const Database& database, MigrationOptions options = {}, const std::string& role = "") {
  Connection connection = database.connect(role);
  return Migrator(connection, std::move(options)).migrate();
}

#define ASSERT_DONE(expression)                               \
  do {                                                        \
    const auto& outcome = (expression);                       \
    ASSERT_TRUE(outcome.has_value()) << outcome.error().text; \
  } while (false)

TEST(Migrations, FromNothing) {
  const Database database(Database::Schema::none);
  Connection connection = database.connect();
  Migrator migrator(connection);
  auto status = migrator.status();
  ASSERT_DONE(status);
  ASSERT_EQ(status->size(), kNewest);
  EXPECT_FALSE(status->front().applied_at);
  const auto lacking = check_schema(connection);
  ASSERT_FALSE(lacking);
  EXPECT_EQ(lacking.error().fault, StoreFault::schema);
  EXPECT_THAT(lacking.error().text, HasSubstr("lacks migration 1 (inventory): run zonelag db migrate"));

  std::vector<std::string> told;
  const auto count = migrator.migrate(
      [&](const Migration& migration, bool done) { told.push_back(fmt::format("{} {}", migration.version, done)); });
  ASSERT_DONE(count);
  EXPECT_EQ(*count, kNewest);
  ASSERT_EQ(told.size(), 2U * kNewest);
  EXPECT_EQ(told[0], "1 false");
  EXPECT_EQ(told[1], "1 true");
  EXPECT_EQ(migrator.migrate(), 0);
  status = migrator.status();
  ASSERT_DONE(status);
  EXPECT_TRUE(status->back().applied_at);
  EXPECT_TRUE(check_schema(connection));
  EXPECT_EQ(database.rows("SELECT count(*) FROM tlddns.serials UNION ALL SELECT count(*) FROM tlddns.slas"), "0;0");
}

TEST(Migrations, EveryTableAndColumnIsExplained) {
  const Database database;
  EXPECT_EQ(
      database.rows(
          "SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
          "AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL WHERE c.relnamespace = "
          "'tlddns'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND (a.attname IS NOT NULL "
          "OR obj_description(c.oid) IS NULL)"),
      "");
}

TEST(Migrations, KeyHashIsTheOneOfKafka) {
  const Database database;
  for (const char* zone : {".", "at", "co.at", "xyz", "example.at", "a-longer-name.example.at", "\\000.example"}) {
    EXPECT_EQ(database.value(fmt::format("SELECT tlddns.key_hash('{}')", zone)), std::to_string(key_hash(zone)))
        << zone;
  }
}

// Queries as users of the Python tool's tables have them.
constexpr const char* kQueries[] = {
    "SELECT id, srcip, zone, to_char(received_at, 'YYYY-MM-DD HH24:MI:SS.US'), serial, hostname, loc, dsc_name, "
    "ns_type FROM "
    "tlddns.serials WHERE zone = 'at' ORDER BY id",
    "SELECT dsc_name, min(incoming_lag), max(incoming_lag), count(*) FROM tlddns.serials WHERE dsc_name NOT LIKE "
    "'Test%' AND ns_type "
    "= 'secondary' AND incoming_lag >= interval '0 s' AND zone <> 'bgp' GROUP BY dsc_name ORDER BY dsc_name",
    "SELECT s.hostname, n.status, max(s.received_at::time) FROM tlddns.serials s JOIN tlddns.nameservers n ON "
    "n.hostname = "
    "s.hostname WHERE s.ns_type = 'secondary'::nameserver_type GROUP BY s.hostname, n.status ORDER BY 1",
    "SELECT zone, serial, min_lag, max_lag, avg_lag, median_lag, percentile_90_lag, ns_count, calculated_at FROM "
    "tlddns.slas WHERE "
    "zone = 'co.at'",
    "SELECT zone, max(percentile_90_lag), sum(ns_count) FROM tlddns.slas WHERE serial IN (7, 2026111801) GROUP BY zone "
    "ORDER BY zone",
    "SELECT max(calculated_at) FROM tlddns.slas",
    "SELECT c.accountname, s.serial, percentile_cont(0.9) WITHIN GROUP (ORDER BY s.customer_lag) FROM tlddns.serials s "
    "JOIN "
    "tlddns.customer_nameservers c ON c.zone = s.zone WHERE s.ns_type = 'secondary' AND s.zone = 'at' AND c.ip = "
    "'203.0.113.11' GROUP "
    "BY 1, 2",
    "SELECT date_trunc('hour', received_at)::time, count(DISTINCT serial) FROM tlddns.serials WHERE received_at >= "
    "'2026-11-19' AND "
    "received_at < '2026-11-20' GROUP BY 1 ORDER BY 1",
};

std::vector<std::string> answers(const Database& database) {
  std::vector<std::string> all;
  Connection connection = database.connect();
  EXPECT_TRUE(connection.script("SET timezone = 'Europe/Vienna'"));
  for (const char* query : kQueries) {
    const auto rows = connection.execute(query);
    EXPECT_TRUE(rows) << query << ": " << (rows ? "" : rows.error().text);
    std::string answer;
    for (std::size_t row = 0; rows && row < rows->size(); ++row) {
      for (std::size_t column = 0; column < rows->columns(); ++column)
        answer += fmt::format("{}|", rows->at(row, column));
      answer += '\n';
    }
    EXPECT_NE(answer, "") << query;
    all.push_back(std::move(answer));
  }
  return all;
}

class FromPythonTool : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Repaired, FromPythonTool, ::testing::Bool());

TEST_P(FromPythonTool, UsersQueriesKeepTheirAnswers) {
  const Repairs repairs{.status_column = GetParam(), .slas_key = GetParam()};
  const Database database(Database::Schema::none);
  make_python_tool(database, repairs);
  fill_python_tool(database, repairs);
  // An SLA that is there twice is no longer so afterwards: the queries here do not ask for it.
  const std::vector<std::string> before = answers(database);
  ASSERT_DONE(migrate(database, {.time_zone = "Europe/Vienna"}));
  EXPECT_EQ(answers(database), before);
}

TEST_P(FromPythonTool, RowsAreKeptAndPutRight) {
  const Repairs repairs{.status_column = GetParam(), .slas_key = GetParam()};
  const Database database(Database::Schema::none);
  make_python_tool(database, repairs);
  fill_python_tool(database, repairs);
  ASSERT_DONE(migrate(database, {.time_zone = "Europe/Vienna"}));
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), "12");
  // Half past midnight in Vienna is the day before in UTC.
  EXPECT_EQ(database.rows("SELECT received_at, day, id FROM tlddns.serials WHERE srcip = '203.0.113.10'"),
            "2026-11-18 23:30:00.5+00|2026-11-18|1");
  // What does not apply, and what is not known.
  EXPECT_EQ(database.rows(
                "SELECT ns_type, customer_lag, incoming_lag, distribution_lag, unknown_references FROM tlddns.serials "
                "WHERE zone IN ('at', 'co.at') AND srcip IN ('203.0.113.10', '10.0.0.1', '10.0.0.3') ORDER BY id"),
            "customer|NULL|NULL|NULL|NULL;"
            "incoming|00:00:01.5|NULL|NULL|NULL;"
            "secondary|00:00:03.5|00:00:02|00:00:01|NULL;"
            "incoming|NULL|NULL|NULL|{customer};"
            "secondary|NULL|00:00:01|NULL|{customer,distribution}");
  EXPECT_EQ(
      database.rows(
          "SELECT zone, serial, customer_lag, unknown_references FROM tlddns.serials WHERE zone NOT IN ('at', 'co.at') "
          "ORDER BY id"),
      "or.at|4294967295|NULL|{customer,incoming,distribution};.|12|NULL|{customer,incoming,distribution};bgp|2|NULL|"
      "NULL");
  EXPECT_EQ(database.rows("SELECT DISTINCT hostname, status FROM tlddns.serials WHERE dsc_name = 'Madrid' ORDER BY 1"),
            GetParam() ? "mad1|production;mad2|maintenance" : "mad1|production;mad2|production");
}

TEST_P(FromPythonTool, VersionsAndEvidenceAreMadeOfThem) {
  const Repairs repairs{.status_column = GetParam(), .slas_key = GetParam()};
  const Database database(Database::Schema::none);
  make_python_tool(database, repairs);
  fill_python_tool(database, repairs);
  ASSERT_DONE(migrate(database, {.time_zone = "Europe/Vienna"}));
  // The later one of an SLA that is there twice; one whose rows are gone is dated by its calculation.
  EXPECT_EQ(database.rows("SELECT id, zone, serial, min_lag, ns_count FROM tlddns.slas ORDER BY id"),
            "1|at|2026111801|00:00:01|2;2|at|2026111901|00:00:02|1;5|co.at|7|00:00:01|1");
  EXPECT_EQ(
      database.rows("SELECT zone, serial, day, first_seen_ns, last_evidence_ns, key_hash = tlddns.key_hash(zone) FROM "
                    "tlddns.versions WHERE zone = 'at' ORDER BY serial"),
      "at|2026111801|2026-11-18|1794988800000000000|1794988800000000000|t;"
      "at|2026111901|2026-11-18|1795044600500000000|1795044609000000000|t");
  // Both addresses of a node are one evidence, under the first of its addresses.
  EXPECT_EQ(database.rows("SELECT srcip, hostname, announced_ns - 1795044600000000000 FROM tlddns.evidence WHERE zone "
                          "= 'at' ORDER BY 3"),
            "203.0.113.10||500000000;10.0.0.1|in1|2000000000;10.0.0.2|dist1|3000000000;10.0.0.3|mad1|4000000000;"
            "2001:db8::4|mad2|6000000000;10.0.0.5|tst1|9000000000");
  EXPECT_EQ(
      database.value("SELECT nextval('tlddns.serial_rows_id_seq') > 12 AND nextval('tlddns.versions_id_seq') > 5"),
      "t");
}

TEST(FromPythonTool, InventoryKeepsItsIds) {
  const Database database(Database::Schema::none);
  make_python_tool(database);
  fill_python_tool(database);
  ASSERT_DONE(migrate(database));
  EXPECT_EQ(database.rows("SELECT id, hostname, anycast FROM tlddns.nameservers ORDER BY id"),
            "1|in1|{};2|dist1|{};3|mad1|{};4|mad2|{};5|tst1|{}");
  // The last one said what the first one did.
  EXPECT_EQ(database.rows("SELECT id, ip, zone FROM tlddns.customer_nameservers ORDER BY id"),
            "1|203.0.113.10|at;2|203.0.113.10|co.at;3|203.0.113.11|at");
}

TEST(FromPythonTool, TimesAreTheDatabasesTimeZoneByDefault) {
  const Database database(Database::Schema::none);
  make_python_tool(database);
  fill_python_tool(database);
  database.run(fmt::format("ALTER DATABASE {} SET timezone = 'America/New_York'", database.name()));
  ASSERT_DONE(migrate(database));
  EXPECT_EQ(database.value("SELECT received_at AT TIME ZONE 'UTC' FROM tlddns.serials WHERE id = 8"),
            "2026-11-20 18:00:00");
}

TEST(FromPythonTool, ContradictionsAreNamedAndNothingIsChanged) {
  const Database database(Database::Schema::none);
  make_python_tool(database);
  fill_python_tool(database);
  database.run(
      "INSERT INTO tlddns.customer_nameservers (ip, zone, accountname) VALUES ('203.0.113.11', 'at', 'third')");
  const auto done = migrate(database);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text,
              HasSubstr("customer_nameservers: ip, zone \"203.0.113.11, at\" is there more than once, in the "
                        "rows with id 3, 5"));
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.customer_nameservers"), "5");
  EXPECT_EQ(database.value("SELECT to_regclass('tlddns.schema_migrations')"), "NULL");
}

TEST(FromPythonTool, ReadersAndViewsOfUsersStay) {
  const Database database(Database::Schema::none);
  make_python_tool(database);
  fill_python_tool(database);
  const std::string user = database.name() + "_screen";
  database.run(fmt::format(
      "CREATE ROLE {0} LOGIN; GRANT USAGE ON SCHEMA tlddns TO {0}; GRANT SELECT ON tlddns.serials, tlddns.slas TO {0}; "
      "CREATE VIEW public.slow AS SELECT zone, serial, max_lag FROM tlddns.slas WHERE max_lag > '2 s'; "
      "CREATE VIEW public.slowest AS SELECT max(max_lag) FROM public.slow; GRANT SELECT ON public.slowest TO {0}",
      user));
  ASSERT_DONE(migrate(database));
  Connection connection = database.connect(user);
  for (const char* query :
       {"SELECT count(*) FROM tlddns.serials", "SELECT * FROM tlddns.slas", "SELECT * FROM public.slowest"}) {
    const auto rows = connection.execute(query);
    EXPECT_TRUE(rows) << rows.error().text;
  }
  EXPECT_EQ(connection.execute("SELECT * FROM public.slowest")->at(0, 0), "00:00:03");
  EXPECT_FALSE(connection.execute("SELECT * FROM tlddns.evidence"));
}

TEST(FromPythonTool, ATriggerOfUsersIsNotLost) {
  const Database database(Database::Schema::none);
  make_python_tool(database);
  database.run(
      "CREATE FUNCTION public.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER tell "
      "AFTER INSERT "
      "ON tlddns.serials EXECUTE FUNCTION public.mine()");
  const auto done = migrate(database);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("trigger tell of serials stands in the way"));
  // Everything before stays usable for the tool.
  database.run("INSERT INTO tlddns.serials (srcip, zone, serial) VALUES ('10.0.0.1', 'at', 1)");
}

Migration made(int version, const char* sql) { return {version, "made", "sum", sql}; }

TEST(Migrations, AFailureInTheMiddleLeavesNothing) {
  const Database database(Database::Schema::none);
  Connection connection = database.connect();
  const Migration known[] = {
      made(1, "CREATE TABLE tlddns.one ()"),
      made(2, "CREATE TABLE tlddns.two (); INSERT INTO tlddns.two DEFAULT VALUES; SELECT 1 / 0")};
  const auto done = Migrator(connection, {}, known).migrate();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("migration 2 (made), nothing of it is done"));
  EXPECT_THAT(done.error().text, HasSubstr("division by zero"));
  EXPECT_EQ(database.rows(
                "SELECT version, to_regclass('tlddns.one'), to_regclass('tlddns.two') FROM tlddns.schema_migrations"),
            "1|one|NULL");
  const Migration better[] = {known[0], made(2, "CREATE TABLE tlddns.two ()")};
  EXPECT_EQ(Migrator(connection, {}, better).migrate(), 1);
}

TEST(Migrations, AKilledOneLeavesNothing) {
  const Database database(Database::Schema::none);
  Connection connection = database.connect();
  const Migration known[] = {made(1, "CREATE TABLE tlddns.one (); SELECT pg_terminate_backend(pg_backend_pid())")};
  const auto done = Migrator(connection, {}, known).migrate();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, StoreFault::unavailable);
  EXPECT_EQ(database.value("SELECT to_regclass('tlddns.one')"), "NULL");
}

TEST(Migrations, ANewerOrChangedSchemaIsRefused) {
  const Database database;
  database.run("INSERT INTO tlddns.schema_migrations VALUES (99, 'later', now(), '')");
  auto done = migrate(database);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, StoreFault::schema);
  EXPECT_THAT(done.error().text, HasSubstr("has migration 99 (later), which this program does not know"));
  Connection connection = database.connect();
  const auto checked = check_schema(connection);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().text, HasSubstr("is at version 99, which is newer than this program's"));
  database.run(
      "DELETE FROM tlddns.schema_migrations WHERE version = 99; UPDATE tlddns.schema_migrations SET checksum = 'x' "
      "WHERE version = 2");
  done = migrate(database);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("migration 2 (results) was applied in another form"));
}

TEST(Migrations, TwoAtOnceDoItOnce) {
  const Database database(Database::Schema::none);
  Stored<int> counts[2];
  {
    std::jthread one([&] { counts[0] = migrate(database); });
    std::jthread two([&] { counts[1] = migrate(database); });
  }
  ASSERT_DONE(counts[0]);
  ASSERT_DONE(counts[1]);
  EXPECT_EQ(*counts[0] + *counts[1], kNewest);
  EXPECT_EQ(std::min(*counts[0], *counts[1]), 0);
}

TEST(Migrations, ARoleWithoutRightsIsTold) {
  const Database database(Database::Schema::none);
  const std::string user = database.name() + "_nobody";
  database.run(fmt::format("CREATE ROLE {} LOGIN", user));
  const auto done = migrate(database, {}, user);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, StoreFault::refused);
  EXPECT_THAT(done.error().text, HasSubstr("permission denied for database " + database.name()));
}

}  // namespace
}  // namespace zonelag::aggregator
