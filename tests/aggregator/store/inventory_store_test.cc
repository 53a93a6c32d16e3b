// The inventory's tables: import, what is refused, what others are told.
#include "aggregator/store/inventory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aggregator/store/postgres.h"
#include "database.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kToml = R"(
[[nameserver]]
hostname = "in1"
ip4 = "10.0.0.1"
loc = "vie"
dsc_name = "Vienna in"
ns_type = "incoming"
status = "production"

[[nameserver]]
hostname = "vie1"
ip4 = "10.0.0.2"
ip6 = "2001:db8::2"
anycast = ["198.51.100.53", "2001:db8::53"]
loc = "vie"
dsc_name = "Wien, \"Mitte\""
ns_type = "secondary"
status = "maintenance"

[[customer_nameserver]]
ip = "203.0.113.10"
zone = "example.at"
accountname = "Example GmbH"

[[customer_nameserver]]
ip = "203.0.113.11"
zone = "*"
accountname = "Other"

[[policy]]
name = "contract"
zones = ["example.at", "a\\,b.example"]
lag = "incoming_lag"
percentile = 99.9
limit = "1m1s"
deadline = "2h"

[[policy]]
name = "all"
zones = ["*"]
lag = "customer_lag"
percentile = 95
limit = "60m"
deadline = "60m"
)";

InventoryRows sample() {
  const auto rows = parse_inventory_toml(kToml, "sample");
  EXPECT_TRUE(rows) << (rows ? "" : rows.error());
  return rows.value_or(InventoryRows{});
}

class InventoryStore : public ::testing::Test {
 protected:
  void save(const InventoryRows& rows, InventoryMode mode = InventoryMode::replace) {
    const auto saved = save_inventory_rows(connection, rows, mode);
    ASSERT_TRUE(saved) << saved.error().text;
    last = *saved;
  }
  std::string toml() {
    const auto rows = load_inventory_rows(connection);
    EXPECT_TRUE(rows) << (rows ? "" : rows.error().text);
    return rows ? to_toml(*rows) : "";
  }
  const Database database;
  Connection connection = database.connect();
  InventorySaved last;
};

TEST_F(InventoryStore, ComesBackAsItWas) {
  save(sample());
  EXPECT_EQ(last.inserted, 6U);
  EXPECT_EQ(toml(), to_toml(sample()));
  save(sample());
  EXPECT_EQ(last.inserted + last.updated + last.deleted, 0U);
}

TEST_F(InventoryStore, ReplaceKeepsIdsAndRemovesTheRest) {
  save(sample());
  InventoryRows rows = sample();
  std::swap(rows.nameservers[0].ip4, rows.nameservers[1].ip4);  // each has what was the other's
  rows.customers.erase(rows.customers.begin());
  std::swap(rows.policies[0], rows.policies[1]);
  rows.policies[0].limit = 59min;
  save(rows);
  EXPECT_EQ(last.inserted, 0U);
  EXPECT_EQ(last.updated, 3U);
  EXPECT_EQ(last.deleted, 1U);
  EXPECT_EQ(toml(), to_toml(rows));
  EXPECT_EQ(database.rows("SELECT id, hostname, ip4 FROM tlddns.nameservers ORDER BY id"),
            "1|in1|10.0.0.2;2|vie1|10.0.0.1");
  save({});
  EXPECT_EQ(last.deleted, 5U);
}

TEST_F(InventoryStore, MergeLeavesOthersAlone) {
  save(sample());
  InventoryRows more;
  more.nameservers = {sample().nameservers[0]};
  more.nameservers[0].loc = "ams";
  more.nameservers.push_back(sample().nameservers[1]);
  more.nameservers[1].hostname = "ams1";
  more.nameservers[1].ip4 = IpAddress::parse("10.0.0.9");
  more.nameservers[1].ip6 = std::nullopt;
  more.customers = {sample().customers[0]};
  more.customers[0].accountname = "Renamed";
  save(more, InventoryMode::merge);
  EXPECT_EQ(last.inserted, 1U);
  EXPECT_EQ(last.updated, 2U);
  EXPECT_EQ(database.rows("SELECT hostname, loc FROM tlddns.nameservers ORDER BY id"), "in1|ams;vie1|vie;ams1|vie");
  EXPECT_EQ(database.rows("SELECT accountname FROM tlddns.customer_nameservers ORDER BY id"), "Renamed;Other");
}

TEST_F(InventoryStore, ContradictionsAreRefused) {
  save(sample());
  InventoryRows more;
  more.nameservers = {sample().nameservers[0]};
  more.nameservers[0].hostname = "in2";
  const auto refused = save_inventory_rows(connection, more, InventoryMode::merge);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("in1"));
  EXPECT_THAT(refused.error().text, HasSubstr("in2"));
  InventoryRows fine = sample();
  fine.policies[0].limit = 1500ns;
  EXPECT_THAT(save_inventory_rows(connection, fine, InventoryMode::replace).error().text,
              HasSubstr("policy 'contract'"));
  EXPECT_EQ(toml(), to_toml(sample()));
}

TEST_F(InventoryStore, NamesTheRowThatCannotBeRead) {
  database.run(
      "INSERT INTO tlddns.nameservers (id, ip4, hostname, loc, dsc_name, ns_type) VALUES (17, '10.0.0', 'x', '', '', "
      "'secondary')");
  auto rows = load_inventory_rows(connection);
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().text, HasSubstr("table nameservers, row with id 17: ip4 '10.0.0' is no address"));
  database.run(
      "DELETE FROM tlddns.nameservers; INSERT INTO tlddns.customer_nameservers (id, zone, accountname) VALUES (4, "
      "'at', 'x')");
  rows = load_inventory_rows(connection);
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().text, HasSubstr("table customer_nameservers, row with id 4: ip is missing"));
  database.run("UPDATE tlddns.customer_nameservers SET ip = '10.0.0.1', zone = 'a..b'");
  EXPECT_THAT(load_inventory_rows(connection).error().text, HasSubstr("zone 'a..b' is no zone name"));
}

TEST_F(InventoryStore, APolicyOfAnAccountIsForItsZones) {
  save(sample());
  database.run(
      "INSERT INTO tlddns.customer_nameservers (ip, zone, accountname) VALUES ('203.0.113.12', 'co.at', 'Example "
      "GmbH'); INSERT INTO "
      "tlddns.policies (position, name, account, lag, percentile, \"limit\", deadline) VALUES (0, 'of account', "
      "'Example GmbH', "
      "'incoming_lag', 90, '1 min', '1 day'), (9, 'nobody', 'Nobody', 'incoming_lag', 90, '1 min', '1 h')");
  const auto rows = load_inventory_rows(connection);
  ASSERT_TRUE(rows) << rows.error().text;
  ASSERT_EQ(rows->policies.size(), 4U);
  EXPECT_EQ(rows->policies[0].name, "of account");
  EXPECT_EQ(rows->policies[0].account, "Example GmbH");
  EXPECT_EQ(rows->policies[0].deadline, 24h);
  EXPECT_TRUE(rows->policies[0].zones.empty());
  const auto inventory = Inventory::build(*rows);
  ASSERT_TRUE(inventory) << inventory.error();
  for (const char* zone : {"example.at", "co.at"}) {
    const Policy* policy = inventory->policy_for(*ZoneName::parse(zone));
    ASSERT_NE(policy, nullptr) << zone;
    EXPECT_EQ(policy->name, "of account") << zone;
  }
}

// The server tells soon after the commit.
bool becomes_changed(PostgresStore& store) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!store.inventory_changed()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_F(InventoryStore, ChangesAreTold) {
  PostgresStore store(database.service());
  ASSERT_TRUE(store.inventory());
  EXPECT_FALSE(store.inventory_changed());
  save(sample());
  EXPECT_TRUE(becomes_changed(store));
  EXPECT_FALSE(store.inventory_changed());
  for (const char* change : {"UPDATE tlddns.nameservers SET status = 'production'",
                             "DELETE FROM tlddns.customer_nameservers", "TRUNCATE tlddns.policies"}) {
    database.run(change);
    EXPECT_TRUE(becomes_changed(store)) << change;
  }
  // Lost: what happened meanwhile is not known.
  database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service' AND datname = "
      "current_database()");
  EXPECT_TRUE(becomes_changed(store));
  ASSERT_TRUE(store.inventory());
  EXPECT_FALSE(store.inventory_changed());
}

TEST_F(InventoryStore, StatusLeavesATrace) {
  save(sample());  // vie1 is in maintenance from the start
  database.run("UPDATE tlddns.nameservers SET status = 'production' WHERE hostname = 'vie1'");
  database.run("UPDATE tlddns.nameservers SET status = 'disabled'");
  database.run("UPDATE tlddns.nameservers SET status = 'maintenance' WHERE hostname = 'in1'");
  EXPECT_EQ(database.rows("SELECT hostname, announced, cause FROM tlddns.service_changes ORDER BY at_ns"),
            "vie1|f|status;vie1|t|status;in1|f|status");
  EXPECT_EQ(database.value("SELECT bool_and(at_ns BETWEEN extract(epoch FROM now() - interval '1 min') * 1e9 AND "
                           "extract(epoch FROM now()) * "
                           "1e9) FROM tlddns.service_changes"),
            "t");
  PostgresStore store(database.service());
  EXPECT_EQ(store.services()->size(), 3U);
}

}  // namespace
}  // namespace zonelag::aggregator
