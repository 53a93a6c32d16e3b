#include "aggregator/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
ZoneName zone(const char* text) { return ZoneName::parse(text).value(); }

constexpr const char* kFleet = R"([[nameserver]]
hostname = "vie1"
ip4 = "192.0.2.41"                  # unicast
ip6 = "2001:db8::41"
anycast = ["198.51.100.53", "2001:db8:53::53"]
loc = "vie"
dsc_name = "Vienna \"Süd\""
ns_type = "secondary"
status = "production"

[[nameserver]]
hostname = "ams1"
ip4 = "192.0.2.42"
anycast = ["198.51.100.53"]
loc = "ams"
ns_type = "secondary"
status = "disabled"

[[nameserver]]
hostname = "in1"
ip6 = "2001:db8::10"
ns_type = "incoming"
status = "maintenance"

[[customer_nameserver]]
ip = "203.0.113.10"
zone = "Example.AT."
accountname = "Example GmbH"

[[customer_nameserver]]
ip = "203.0.113.10"
zone = "*"

[[policy]]
name = "gold"
zones = ["example.at", "example.com"]
percentile = 99.5
limit = "30s"

[[policy]]
name = "contract"
zones = ["*"]
lag = "customer_lag"
percentile = 95
limit = "60m"
deadline = "2h"
)";

std::expected<Inventory, std::string> build(std::string_view text) {
  auto rows = parse_inventory_toml(text, "fleet.toml");
  if (!rows) return std::unexpected(rows.error());
  return Inventory::build(std::move(*rows));
}

TEST(InventoryToml, ReadsEveryField) {
  const auto rows = parse_inventory_toml(kFleet, "fleet.toml");
  ASSERT_TRUE(rows) << rows.error();
  ASSERT_EQ(rows->nameservers.size(), 3U);
  const Nameserver& vie1 = rows->nameservers[0];
  EXPECT_EQ(vie1.hostname, "vie1");
  EXPECT_EQ(vie1.ip4, ip("192.0.2.41"));
  EXPECT_EQ(vie1.ip6, ip("2001:db8::41"));
  EXPECT_EQ(vie1.anycast, (std::vector{ip("198.51.100.53"), ip("2001:db8:53::53")}));
  EXPECT_EQ(vie1.loc, "vie");
  EXPECT_EQ(vie1.dsc_name, "Vienna \"Süd\"");
  EXPECT_EQ(vie1.ns_type, Role::secondary);
  EXPECT_EQ(vie1.status, NodeStatus::production);
  EXPECT_EQ(rows->nameservers[1].status, NodeStatus::disabled);
  EXPECT_EQ(rows->nameservers[1].line, 11U);
  EXPECT_EQ(rows->nameservers[2].ns_type, Role::incoming);
  EXPECT_EQ(rows->nameservers[2].ip4, std::nullopt);
  ASSERT_EQ(rows->customers.size(), 2U);
  EXPECT_EQ(rows->customers[0].zone, zone("example.at"));
  EXPECT_EQ(rows->customers[0].accountname, "Example GmbH");
  EXPECT_EQ(rows->customers[1].zone, std::nullopt);
  ASSERT_EQ(rows->policies.size(), 2U);
  EXPECT_EQ(rows->policies[0].percentile, 99.5);
  EXPECT_EQ(rows->policies[0].lag, LagKind::incoming_lag);
  EXPECT_EQ(rows->policies[0].deadline, 30s);
  EXPECT_EQ(rows->policies[1].lag, LagKind::customer_lag);
  EXPECT_EQ(rows->policies[1].deadline, 2h);
}

TEST(InventoryToml, RoundTrips) {
  const auto rows = parse_inventory_toml(kFleet, "fleet.toml");
  ASSERT_TRUE(rows) << rows.error();
  const auto again = parse_inventory_toml(to_toml(*rows), "again.toml");
  ASSERT_TRUE(again) << again.error();
  for (std::size_t i = 0; i < rows->nameservers.size(); ++i) {
    const Nameserver& before = rows->nameservers[i];
    const Nameserver& after = again->nameservers.at(i);
    EXPECT_EQ(std::tie(before.hostname, before.ip4, before.ip6, before.anycast, before.loc, before.dsc_name,
                       before.ns_type, before.status),
              std::tie(after.hostname, after.ip4, after.ip6, after.anycast, after.loc, after.dsc_name, after.ns_type,
                       after.status));
  }
  for (std::size_t i = 0; i < rows->customers.size(); ++i) {
    const CustomerNameserver& before = rows->customers[i];
    const CustomerNameserver& after = again->customers.at(i);
    EXPECT_EQ(std::tie(before.ip, before.zone, before.accountname), std::tie(after.ip, after.zone, after.accountname));
  }
  for (std::size_t i = 0; i < rows->policies.size(); ++i) {
    const Policy& before = rows->policies[i];
    const Policy& after = again->policies.at(i);
    EXPECT_EQ(std::tie(before.name, before.zones, before.lag, before.percentile, before.limit, before.deadline),
              std::tie(after.name, after.zones, after.lag, after.percentile, after.limit, after.deadline));
  }
}

TEST(InventoryToml, WritesTextThatNeedsEscapes) {
  InventoryRows rows;
  rows.nameservers.push_back({.hostname = "a\"b\\c", .ip4 = ip("192.0.2.1"), .dsc_name = "tab\tline\nend\x7f"});
  rows.customers.push_back({.ip = ip("192.0.2.2"), .zone = zone("a\\.b.example"), .accountname = "Ö & Söhne"});
  const auto again = parse_inventory_toml(to_toml(rows), "again.toml");
  ASSERT_TRUE(again) << again.error() << "\n" << to_toml(rows);
  EXPECT_EQ(again->nameservers.at(0).hostname, "a\"b\\c");
  EXPECT_EQ(again->nameservers.at(0).dsc_name, "tab\tline\nend\x7f");
  EXPECT_EQ(again->customers.at(0).zone, zone("a\\.b.example"));
  EXPECT_EQ(again->customers.at(0).accountname, "Ö & Söhne");
}

TEST(InventoryToml, AnEmptyFileIsAnEmptyInventory) {
  const auto inventory = build("# nothing yet\n");
  ASSERT_TRUE(inventory);
  EXPECT_TRUE(inventory->empty());
  EXPECT_EQ(to_toml(InventoryRows{}), "");
}

TEST(InventoryToml, NamesFileLineAndCulprit) {
  const std::pair<const char*, const char*> cases[] = {
      {"[[nameserver]]\nhostname = \"vie1\"\nip_4 = \"192.0.2.1\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": unknown key 'ip_4' (did you mean 'ip4'?)"},
      {"[[nameserver]]\nhostname = \"vie1\"\ncolour = \"red\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": unknown key 'colour' (there are: hostname, ip4, ip6, anycast, loc, "
       "dsc_name, ns_type, status)"},
      {"\n[[nameservers]]\nhostname = \"vie1\"\n",
       "fleet.toml:2: unknown table 'nameservers' (did you mean 'nameserver'?)"},
      {"[nameserver]\nhostname = \"vie1\"\n", "fleet.toml:1: nameserver must be a list of tables: [[nameserver]]"},
      {"nameserver = [1]\n", "fleet.toml:1: nameserver must be a list of tables: [[nameserver]]"},
      {"[[nameserver]]\nip4 = \"192.0.2.1\"\n", "fleet.toml:1: [[nameserver]]: hostname is missing"},
      {"[[nameserver]]\nhostname = \"\"\n", "fleet.toml:2: [[nameserver]] \"\": hostname is empty"},
      {"[[nameserver]]\nhostname = 7\n", "fleet.toml:2: [[nameserver]]: hostname must be a text in quotes"},
      {"[[nameserver]]\nhostname = \"vie1\"\nip4 = \"192.0.2.256\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": ip4: '192.0.2.256' is no address"},
      {"[[nameserver]]\nhostname = \"vie1\"\nanycast = \"192.0.2.1\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": anycast must be a list: anycast = [\"...\"]"},
      {"[[nameserver]]\nhostname = \"vie1\"\nanycast = [\n\"192.0.2.1\",\n\"x\"]\n",
       "fleet.toml:5: [[nameserver]] \"vie1\": anycast: 'x' is no address"},
      {"[[nameserver]]\nhostname = \"vie1\"\nns_type = \"secundary\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": unknown ns_type 'secundary' (did you mean 'secondary'?)"},
      {"[[nameserver]]\nhostname = \"vie1\"\nns_type = \"customer\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": unknown ns_type 'customer' (there are: incoming, distribution, "
       "secondary)"},
      {"[[nameserver]]\nhostname = \"vie1\"\nstatus = \"off\"\n",
       "fleet.toml:3: [[nameserver]] \"vie1\": unknown status 'off' (there are: production, maintenance, disabled)"},
      {"[[customer_nameserver]]\nzone = \"*\"\n", "fleet.toml:1: [[customer_nameserver]]: ip is missing"},
      {"[[customer_nameserver]]\nip = \"192.0.2.1\"\n",
       "fleet.toml:1: [[customer_nameserver]] \"192.0.2.1\": zone is missing"},
      {"[[customer_nameserver]]\nip = \"192.0.2.1\"\nzone = \"a..b\"\n",
       "fleet.toml:3: [[customer_nameserver]] \"192.0.2.1\": zone: 'a..b' is no zone name"},
      {"[[policy]]\nname = \"p\"\n", "fleet.toml:1: [[policy]] \"p\": limit is missing"},
      {"[[policy]]\nname = \"p\"\nlimit = 60\n", "fleet.toml:3: [[policy]] \"p\": limit must be a text in quotes"},
      {"[[policy]]\nname = \"p\"\nlimit = \"60\"\n",
       "fleet.toml:3: [[policy]] \"p\": limit: '60' is no duration (a unit is missing); write for example 60m, 1h30m, "
       "90s, 1.5s or 500ms"},
      {"[[policy]]\nname = \"p\"\nlimit = \"1m\"\npercentile = \"95\"\n",
       "fleet.toml:4: [[policy]] \"p\": percentile must be a number"},
      {"[[policy]]\nname = \"p\"\nlimit = \"1m\"\npercentile = 101\n",
       "fleet.toml:1: [[policy]] \"p\": percentile 101 is not above 0 and at most 100"},
      {"[[policy]]\nname = \"p\"\nlimit = \"1m\"\ndeadline = \"59s\"\n",
       "fleet.toml:1: [[policy]] \"p\": deadline 59s is shorter than limit 1m"},
      {"[[policy]]\nname = \"p\"\nlimit = \"1m\"\nzones = []\n", "fleet.toml:1: [[policy]] \"p\": it is for no zone"},
      {"[[policy]]\nname = \"p\"\nlimit = \"1m\"\nlag = \"incoming\"\n",
       "fleet.toml:4: [[policy]] \"p\": unknown lag 'incoming' (there are: customer_lag, incoming_lag, "
       "distribution_lag)"},
  };
  for (const auto& [text, what] : cases) {
    const auto rows = parse_inventory_toml(text, "fleet.toml");
    ASSERT_FALSE(rows) << text;
    EXPECT_EQ(rows.error(), what);
  }
}

TEST(InventoryToml, NamesTheLineOfASyntaxError) {
  for (const char* text : {"\n[[nameserver]\n", "\nhostname =\n", "\nx = \"unterminated\n"}) {
    const auto rows = parse_inventory_toml(text, "fleet.toml");
    ASSERT_FALSE(rows) << text;
    EXPECT_THAT(rows.error(), testing::StartsWith("fleet.toml:2: "));
    EXPECT_EQ(rows.error().find('\n'), std::string::npos) << rows.error();
  }
}

TEST(LoadInventory, SaysWhichFile) {
  EXPECT_EQ(load_inventory("/nonexistent/fleet.toml").error(), "/nonexistent/fleet.toml: No such file or directory");
  EXPECT_EQ(load_inventory("/").error(), "/: is a directory");
}

TEST(LoadInventory, ReadsAFile) {
  const std::string path = testing::TempDir() + "zonelag_inventory_test.toml";
  std::ofstream(path) << kFleet;
  const auto inventory = load_inventory(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(inventory) << inventory.error();
  EXPECT_EQ(inventory->nameservers().size(), 3U);
}

class Fleet : public testing::Test {
 protected:
  void SetUp() override {
    auto built = build(kFleet);
    ASSERT_TRUE(built) << built.error();
    inventory_ = std::move(*built);
  }
  Inventory inventory_;
};

TEST_F(Fleet, UnicastNamesANodeWhereverItIsSeen) {
  EXPECT_EQ(inventory_.nameserver_of(ip("192.0.2.41"), ""), 0U);
  EXPECT_EQ(inventory_.nameserver_of(ip("2001:db8::41"), "ams1"), 0U);
  EXPECT_EQ(inventory_.nameserver_of(ip("192.0.2.99"), "vie1"), std::nullopt);
}

TEST_F(Fleet, DisabledNodesStillResolve) {
  EXPECT_EQ(inventory_.nameserver_of(ip("192.0.2.42"), ""), 1U);
  EXPECT_EQ(inventory_.nameserver_of(ip("198.51.100.53"), "ams1"), 1U);
  EXPECT_EQ(inventory_.nameserver_named("ams1"), 1U);
}

TEST_F(Fleet, AnycastNamesANodeOnlyThere) {
  EXPECT_EQ(inventory_.nameserver_of(ip("198.51.100.53"), "vie1"), 0U);
  EXPECT_EQ(inventory_.nameserver_of(ip("198.51.100.53"), "in1"), std::nullopt);
  EXPECT_EQ(inventory_.nameserver_of(ip("198.51.100.53"), ""), std::nullopt);
  EXPECT_EQ(inventory_.nameserver_of(ip("198.51.100.53"), "nowhere"), std::nullopt);
  EXPECT_EQ(inventory_.nameserver_of(ip("2001:db8:53::53"), "ams1"), std::nullopt);
  EXPECT_TRUE(inventory_.is_anycast(ip("198.51.100.53")));
  EXPECT_FALSE(inventory_.is_anycast(ip("192.0.2.41")));
}

TEST_F(Fleet, TheVeryZoneComesBeforeEveryZone) {
  EXPECT_EQ(inventory_.customer_of(ip("203.0.113.10"), zone("example.at"))->accountname, "Example GmbH");
  EXPECT_EQ(inventory_.customer_of(ip("203.0.113.10"), zone("example.com"))->accountname, "");
  EXPECT_EQ(inventory_.customer_of(ip("203.0.113.11"), zone("example.at")), nullptr);
  EXPECT_TRUE(inventory_.is_customer(ip("203.0.113.10")));
  EXPECT_FALSE(inventory_.is_customer(ip("192.0.2.41")));
  EXPECT_EQ(inventory_.policy_for(zone("example.com"))->name, "gold");
  EXPECT_EQ(inventory_.policy_for(zone("example.net"))->name, "contract");
}

TEST(Inventory, ACustomerOfOneZoneIsNoneForOthers) {
  const auto inventory = build("[[customer_nameserver]]\nip = \"203.0.113.10\"\nzone = \"example.at\"\n");
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->customer_of(ip("203.0.113.10"), zone("example.com")), nullptr);
  EXPECT_EQ(inventory->policy_for(zone("example.at")), nullptr);
}

TEST(Inventory, NamesBothRowsOfAContradiction) {
  const std::string vie1 = "[[nameserver]]\nhostname = \"vie1\"\nip4 = \"192.0.2.1\"\nanycast = [\"198.51.100.53\"]\n";
  const std::string gold = "[[policy]]\nname = \"gold\"\nlimit = \"1m\"\n";
  const std::string customer = "[[customer_nameserver]]\nip = \"203.0.113.1\"\nzone = \"example.at\"\n";
  const std::pair<std::string, const char*> cases[] = {
      {vie1 + "[[nameserver]]\nhostname = \"vie1\"\nip4 = \"192.0.2.2\"\n",
       "nameserver \"vie1\" (line 1) and nameserver \"vie1\" (line 5) have the same hostname"},
      {vie1 + "[[nameserver]]\nhostname = \"vie2\"\nip4 = \"192.0.2.1\"\n",
       "nameserver \"vie1\" (line 1) and nameserver \"vie2\" (line 5) have the same address 192.0.2.1"},
      {vie1 + "[[nameserver]]\nhostname = \"vie2\"\nip4 = \"198.51.100.53\"\n",
       "anycast address 198.51.100.53 of nameserver \"vie1\" (line 1) is the unicast address of nameserver \"vie2\" "
       "(line 5)"},
      {"[[nameserver]]\nhostname = \"vie1\"\nip4 = \"192.0.2.1\"\nanycast = [\"192.0.2.1\"]\n",
       "anycast address 192.0.2.1 of nameserver \"vie1\" (line 1) is the unicast address of nameserver \"vie1\" (line "
       "1)"},
      {"[[nameserver]]\nhostname = \"vie1\"\nip4 = \"192.0.2.1\"\nanycast = [\"::1\", \"::1\"]\n",
       "nameserver \"vie1\" (line 1) lists anycast address ::1 twice"},
      {customer + customer,
       "customer_nameserver 203.0.113.1 for zone example.at (line 1) and customer_nameserver 203.0.113.1 for zone "
       "example.at (line 4) are the same"},
      {vie1 + "[[customer_nameserver]]\nip = \"192.0.2.1\"\nzone = \"*\"\n",
       "customer_nameserver 192.0.2.1 for zone * (line 5) has the address of nameserver \"vie1\" (line 1)"},
      {vie1 + "[[customer_nameserver]]\nip = \"198.51.100.53\"\nzone = \"*\"\n",
       "customer_nameserver 198.51.100.53 for zone * (line 5) has the address of nameserver \"vie1\" (line 1)"},
      {"[[nameserver]]\nhostname = \"vie1\"\n", "nameserver \"vie1\" (line 1) has neither ip4 nor ip6"},
      {"[[nameserver]]\nhostname = \"vie1\"\nip4 = \"::1\"\n", "nameserver \"vie1\" (line 1): ip4 ::1 is not IPv4"},
      {"[[nameserver]]\nhostname = \"vie1\"\nip6 = \"192.0.2.1\"\n",
       "nameserver \"vie1\" (line 1): ip6 192.0.2.1 is not IPv6"},
      {gold + gold, "policy \"gold\" (line 1) and policy \"gold\" (line 4) have the same name"},
  };
  for (const auto& [text, what] : cases) {
    const auto inventory = build(text);
    ASSERT_FALSE(inventory) << text;
    EXPECT_EQ(inventory.error(), what);
  }
}

TEST(Inventory, ChecksRowsThatCameFromNoFile) {
  InventoryRows rows;
  rows.nameservers.push_back({.hostname = "c", .ip4 = ip("192.0.2.1"), .ns_type = Role::customer});
  EXPECT_EQ(Inventory::build(rows).error(),
            "nameserver \"c\": ns_type customer is none of incoming, distribution, secondary");
  rows.nameservers[0] = {.hostname = "", .ip4 = ip("192.0.2.1")};
  EXPECT_EQ(Inventory::build(rows).error(), "nameserver 192.0.2.1 has no hostname");
  rows.nameservers.clear();
  rows.policies.push_back({.name = "p"});
  EXPECT_EQ(Inventory::build(rows).error(), "policy \"p\": limit is not above 0");
}

TEST(Inventory, SharedAnycastAddressesAreNoContradiction) {
  EXPECT_TRUE(
      build("[[nameserver]]\nhostname = \"a\"\nip4 = \"192.0.2.1\"\nanycast = [\"198.51.100.53\"]\n"
            "[[nameserver]]\nhostname = \"b\"\nip4 = \"192.0.2.2\"\nanycast = [\"198.51.100.53\"]\n"));
}

}  // namespace
}  // namespace zonelag::aggregator
