// What the ledger tells the store to write, and when.
#include "aggregator/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger_harness.h"

namespace zonelag::aggregator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Policy policy(std::string name, Duration limit, Duration deadline) {
  Policy result;
  result.name = std::move(name);
  result.limit = limit;
  result.deadline = deadline;
  return result;
}

InventoryRows judged_fleet() {
  InventoryRows rows = fleet_rows();
  rows.policies = {policy("contract", ms(3000), ms(60'000)), policy("strict", ms(1000), ms(1000))};
  return rows;
}

std::vector<Event> whole_chain() {
  return {notify(kCustomer, 5, 0),   notify(kIncoming, 5, 400), notify(kDistribution, 5, 1700),
          served(kVienna1, 5, 2000), served(kVienna2, 5, 2600), served(kAmsterdam, 5, 3100)};
}

class LedgerTest : public testing::Test {
 protected:
  Inventory inventory_ = *Inventory::build(judged_fleet());
  LedgerHarness harness_{inventory_, {}};
};

TEST_F(LedgerTest, OnlyWhatDiffersIsWritten) {
  ASSERT_TRUE(harness_.take(whole_chain()));
  EXPECT_EQ(harness_.last_changes().nodes.size(), 6U);
  EXPECT_EQ(harness_.last_changes().versions.size(), 1U);
  ASSERT_TRUE(harness_.take(whole_chain(), true));
  EXPECT_TRUE(harness_.last_changes().empty());
  const std::vector<Event> better{served(kVienna2, 5, 2500)};
  ASSERT_TRUE(harness_.take(better));
  ASSERT_EQ(harness_.last_changes().nodes.size(), 1U);
  EXPECT_EQ(harness_.last_changes().nodes[0].write, Write::update);
  EXPECT_EQ(harness_.last_changes().nodes[0].row.hostname, "vie2");
}

TEST_F(LedgerTest, NorAfterARestart) {
  ASSERT_TRUE(harness_.take(whole_chain()));
  harness_.restart();
  EXPECT_EQ(harness_.ledger().versions(), 1U);
  ASSERT_TRUE(harness_.take(whole_chain(), true));
  EXPECT_TRUE(harness_.last_changes().empty());
}

TEST_F(LedgerTest, TheLatestEvidenceIsOfTheVersionItselfAndCounted) {
  const auto latest = [&] { return harness_.last_changes().versions.at(0).last_own_evidence; };
  const std::vector<Event> some{notify(kIncoming, 5, 0), served(kVienna1, 5, 100), notify(kStranger, 5, 700)};
  ASSERT_TRUE(harness_.take(some));
  EXPECT_EQ(latest(), at(100)) << "nodes are open, and nobody knows the stranger";
  EXPECT_GT(harness_.last_changes().versions.at(0).last_evidence, at(3'600'000));
  // Of a node that had it already: no row changes, and with the next change that is the latest.
  const std::vector<Event> more{notify(kVienna1, 5, 900)};
  ASSERT_TRUE(harness_.take(more));
  EXPECT_TRUE(harness_.last_changes().versions.empty());
  const std::vector<Event> other{served(kAmsterdam, 5, 800)};
  ASSERT_TRUE(harness_.take(other));
  EXPECT_EQ(latest(), at(900));
}

TEST_F(LedgerTest, DeadlinesPassWithoutEvents) {
  const std::vector<Event> some{notify(kIncoming, 5, 0), served(kVienna1, 5, 100)};
  ASSERT_TRUE(harness_.take(some));
  const auto verdicts = [&] { return harness_.database().tables.versions.begin()->second.verdicts; };
  EXPECT_EQ(verdicts()[0].verdict, Verdict::open);
  const std::vector<Event> later{event(kVienna1, 1000, decoder::Status{})};
  ASSERT_TRUE(harness_.take(later, true));
  ASSERT_EQ(verdicts().size(), 2U);
  EXPECT_EQ(verdicts()[0].verdict, Verdict::open);
  EXPECT_EQ(verdicts()[1].verdict, Verdict::breached);
  EXPECT_EQ(harness_.last_changes().versions.size(), 1U);
}

TEST_F(LedgerTest, ASettledVersionLeavesAndTakesItsZoneAlong) {
  ASSERT_TRUE(harness_.take(whole_chain()));
  const std::vector<Event> later{event(kVienna1, 3100 + 15 * 60'000, decoder::Status{})};
  ASSERT_TRUE(harness_.take(later, true));
  harness_.close();
  EXPECT_EQ(harness_.ledger().zones(), 1U);
  const std::vector<Event> past{event(kVienna1, 4200 + 15 * 60'000, decoder::Status{})};
  ASSERT_TRUE(harness_.take(past, true));
  harness_.close();
  EXPECT_EQ(harness_.ledger().zones(), 0U);
  EXPECT_EQ(harness_.ledger().open_pairs(), 0U);
  // Late evidence corrects its row.
  const std::vector<Event> late{served(kAmsterdam, 5, 3000)};
  ASSERT_TRUE(harness_.take(late));
  ASSERT_EQ(harness_.last_changes().nodes.size(), 1U);
  EXPECT_EQ(harness_.last_changes().nodes[0].row.incoming_lag, ms(2600));
}

TEST_F(LedgerTest, AnInventoryThatChangesIsAnsweredWithRows) {
  const std::vector<Event> events{notify(kIncoming, 5, 0), served(kStranger, 5, 100), served(kVienna1, 5, 200)};
  ASSERT_TRUE(harness_.take(events));
  EXPECT_EQ(harness_.database().tables.candidates.at(std::string(kStranger)).new_evidence, 1U);
  InventoryRows rows = judged_fleet();
  rows.nameservers.push_back(nameserver("fra1", kStranger, Role::secondary, "fra"));
  rows.nameservers[2].status = NodeStatus::maintenance;
  const Inventory changed = *Inventory::build(rows);
  harness_.replace_inventory(changed);
  ASSERT_TRUE(harness_.take({}, true));
  Join join(changed);
  for (const Event& seen : events) join.consume(seen);
  EXPECT_EQ(describe(harness_.database()), describe_closed_form(join));
  harness_.restart();
  ASSERT_TRUE(harness_.take(events, true));
  EXPECT_TRUE(harness_.last_changes().nodes.empty());
}

TEST_F(LedgerTest, CandidatesCountRowsNotEvents) {
  const std::vector<Event> events{notify(kStranger, 5, 10), notify(kStranger, 5, 20), notify(kStranger, 6, 30),
                                  in_zone("other.at", notify(kCustomer, 1, 40))};
  ASSERT_TRUE(harness_.take(events));
  ASSERT_TRUE(harness_.take(events));
  const auto& candidates = harness_.database().tables.candidates;
  EXPECT_EQ(candidates.at(std::string(kStranger)).new_evidence, 2U);
  EXPECT_FALSE(candidates.at(std::string(kStranger)).foreign_customer);
  EXPECT_EQ(candidates.at(std::string(kCustomer)).new_evidence, 1U);
  EXPECT_TRUE(candidates.at(std::string(kCustomer)).foreign_customer);
}

TEST_F(LedgerTest, TheLaterPhaseOfATransferIsKept) {
  Event begun = started(kDistribution, 5, 100);
  Event ended = completed(kVienna1, 5, 200);
  ended.source = begun.source;
  begun.destination = ended.destination;
  std::get<decoder::Transfer>(begun.body).first_packet = at(90);
  std::get<decoder::Transfer>(ended.body).first_packet = at(90);
  ASSERT_TRUE(harness_.take(std::vector<Event>{ended}));
  ASSERT_TRUE(harness_.take(std::vector<Event>{begun}));
  const auto& transfers = harness_.database().tables.transfers;
  ASSERT_EQ(transfers.size(), 1U);
  EXPECT_EQ(transfers.begin()->second.row.outcome, decoder::TransferPhase::completed);
  EXPECT_EQ(transfers.begin()->second.sensor, "sensor-a");
}

TEST_F(LedgerTest, BgpTakesANodeOutOfTheSla) {
  const auto in_bgp = [](std::uint32_t serial, std::int64_t time) {
    return in_zone("bgp", notify(kAmsterdam, serial, time));
  };
  const std::vector<Event> events{notify(kIncoming, 5, 0), served(kVienna1, 5, 100),    in_bgp(8, 500),
                                  in_bgp(9, 9000),         served(kAmsterdam, 5, 9500), notify(kIncoming, 6, 20'000)};
  ASSERT_TRUE(harness_.take(events));
  EXPECT_EQ(harness_.database().tables.services.size(), 2U);
  harness_.reload_services();
  ASSERT_TRUE(harness_.take({}, true));
  Join join(inventory_);
  for (const Event& seen : events) join.consume(seen);
  EXPECT_EQ(describe(harness_.database()), describe_closed_form(join));
  const auto& versions = harness_.database().tables.versions;
  EXPECT_EQ(versions.at({zone(), 5}).row.ns_expected, 1U);  // Vienna
  EXPECT_EQ(versions.at({zone(), 6}).row.ns_expected, 2U);
  EXPECT_TRUE(versions.at({zone("bgp"), 8}).verdicts.empty());
}

TEST_F(LedgerTest, StrangersBeyondTheLimitAreNotKept) {
  LedgerSettings settings;
  settings.limits.max_unknown_rows = 2;
  LedgerHarness harness(inventory_, settings);
  ASSERT_TRUE(
      harness.take(std::vector<Event>{notify(kStranger, 1, 0), notify(kStranger, 2, 1), notify(kStranger, 3, 2)}));
  EXPECT_EQ(harness.database().tables.evidence.size(), 2U);
  EXPECT_EQ(harness.ledger().counters().join.unknown_rows_evicted, 1U);
}

TEST(PolicyForAccount, IsForItsCustomersZones) {
  InventoryRows rows = fleet_rows();
  rows.policies = {policy("all", ms(1), ms(1)), policy("account", ms(2), ms(2))};
  rows.policies[1].zones.clear();
  rows.policies[1].account = "Example GmbH";
  const Inventory inventory = *Inventory::build(rows);
  EXPECT_EQ(inventory.policy_for(zone())->name, "account");
  EXPECT_EQ(inventory.policy_for(zone("other.at"))->name, "all");
  std::vector<std::string> names;
  inventory.for_each_policy(zone(), [&](const Policy& each) { names.push_back(each.name); });
  EXPECT_THAT(names, ElementsAre("all", "account"));
  const auto again = parse_inventory_toml(to_toml(rows), "again");
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->policies[1].account, "Example GmbH");
  EXPECT_THAT(again->policies[1].zones, IsEmpty());
}

}  // namespace
}  // namespace zonelag::aggregator
