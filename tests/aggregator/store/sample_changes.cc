#include "sample_changes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "aggregator/partition.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr Day kDay = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);

EvidenceChange evidence(const char* srcip, const char* hostname) {
  EvidenceChange change{.day = kDay};
  change.row.zone = zone("example.at");
  change.row.serial = Serial(7);
  change.row.srcip = srcip;
  change.row.hostname = hostname;
  change.row.facts[0] = StoredFact{kNoon + 1ns, "probe-1", 1500us};
  return change;
}

NodeChange node(const char* srcip, const char* hostname, Role role) {
  NodeChange change{.day = kDay};
  change.row.zone = zone("example.at");
  change.row.serial = Serial(7);
  change.row.srcip = srcip;
  change.row.hostname = hostname;
  change.row.loc = "vie";
  change.row.dsc_name = "Wien \xc3\x96";
  change.row.role = role;
  change.row.live_at = kNoon + 1999ns;
  change.row.basis = Basis::announced;
  change.row.announced_at = kNoon + 1999ns;
  change.row.unknown_references = {Role::customer};
  return change;
}

}  // namespace

ZoneName zone(std::string_view text) { return ZoneName::parse(text).value(); }

Changes sample_changes() {
  Changes changes;
  changes.evidence = {evidence("10.0.0.1", "in1"), evidence("10.0.0.2", "vie1"), evidence("2001:db8::1", "")};
  changes.evidence[1].row.facts[2] = StoredFact{kNoon + 5s, "", std::nullopt};
  changes.evidence[1].row.lowers = {{kNoon + 4s, Serial(6)}, {kNoon + 3s, Serial(4'294'967'295U)}};
  changes.evidence[1].row.receptions = 3;
  changes.nodes = {node("10.0.0.1", "in1", Role::incoming), node("10.0.0.2", "vie1", Role::secondary)};
  changes.nodes[1].row.incoming_lag = 1500ns;
  changes.nodes[1].row.superseded_by = Serial(8);
  VersionChange version{.day = kDay};
  version.inventory = 0xfedcba9876543210ULL;
  version.key_hash = key_hash("example.at");
  version.last_evidence = kNoon + 5s;
  version.row.zone = zone("example.at");
  version.row.serial = Serial(7);
  version.row.first_seen = kNoon + 1ns;
  version.row.incoming_lag = {1500ns, 1500ns, std::nullopt, std::nullopt, std::nullopt};
  version.row.ns_count = 1;
  version.row.ns_expected = 2;
  version.row.ns_open = 1;
  version.row.verdict = Verdict::open;
  version.row.policy = "contract";
  version.open_nodes = {"ams1", "lon1"};
  version.verdicts = {{"contract", Verdict::open, std::nullopt, 3us}, {"other", Verdict::met, 1500ns, std::nullopt}};
  changes.versions = {version};
  return changes;
}

void touch(Changes& changes) {
  for (EvidenceChange& change : changes.evidence) {
    change.write = Write::update;
    change.row.facts[3] = StoredFact{kNoon - 2s, "probe-2", std::nullopt};
    change.row.lowers.clear();
  }
  for (NodeChange& change : changes.nodes) {
    change.write = Write::update;
    change.row.received_at = kNoon - 2s;
  }
  for (VersionChange& change : changes.versions) {
    change.write = Write::update;
    change.inventory = 5;
    change.last_evidence += 1s;
    change.row.first_seen = kNoon - 2s;
    change.row.verdict = Verdict::met;
    change.open_nodes = {"lon1"};
    change.verdicts = {{"contract", Verdict::met, 1500ns, 3us}, {"icann", Verdict::open, std::nullopt, std::nullopt}};
  }
}

void expect_stored(const Changes& changes, const StoredZone& stored) {
  ASSERT_EQ(changes.versions.size(), 1U);
  const VersionChange& wrote = changes.versions.front();
  EXPECT_EQ(stored.zone, wrote.row.zone);
  ASSERT_EQ(stored.versions.size(), 1U);
  StoredVersion version = stored.versions.front();
  EXPECT_EQ(version.serial, wrote.row.serial);
  EXPECT_EQ(version.day, wrote.day);
  EXPECT_EQ(version.inventory, wrote.inventory);
  EXPECT_EQ(version.first_seen, wrote.row.first_seen);
  EXPECT_EQ(version.last_evidence, wrote.last_evidence);
  EXPECT_EQ(version.verdict, wrote.row.verdict);
  EXPECT_EQ(version.open_nodes, wrote.open_nodes);
  std::vector<std::string> rows;
  for (const NodeChange& change : changes.nodes) rows.push_back(change.row.srcip);
  std::ranges::sort(rows);
  std::ranges::sort(version.rows);
  EXPECT_EQ(version.rows, rows);
  std::vector<StoredEvidence> evidence;
  for (const EvidenceChange& change : changes.evidence) evidence.push_back(change.row);
  std::ranges::sort(evidence, {}, &StoredEvidence::srcip);
  std::ranges::sort(version.evidence, {}, &StoredEvidence::srcip);
  EXPECT_EQ(version.evidence, evidence);
}

}  // namespace zonelag::aggregator
