// Rows: references, lags, status, order, clock errors. Expectations are worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Lags, AreMeasuredByRole) {
  Scenario fleet;
  see_whole_chain(fleet);
  const auto customer = fleet.row(5, kCustomer);
  EXPECT_EQ(customer->customer_lag, std::nullopt);
  EXPECT_THAT(customer->unknown_references, IsEmpty());
  const auto incoming = fleet.row(5, kIncoming);
  EXPECT_EQ(incoming->customer_lag, ms(400));
  EXPECT_EQ(incoming->incoming_lag, std::nullopt);
  const auto distribution = fleet.row(5, kDistribution);
  EXPECT_EQ(distribution->customer_lag, ms(1700));
  EXPECT_EQ(distribution->incoming_lag, ms(1300));
  EXPECT_EQ(distribution->distribution_lag, std::nullopt);
  const auto secondary = fleet.row(5, kAmsterdam);
  EXPECT_EQ(secondary->customer_lag, ms(3100));
  EXPECT_EQ(secondary->incoming_lag, ms(2700));
  EXPECT_EQ(secondary->distribution_lag, ms(1400));
  EXPECT_THAT(secondary->unknown_references, IsEmpty());
  EXPECT_EQ(fleet.version(5)->delta1, ms(400));
  EXPECT_EQ(fleet.version(5)->delta2, ms(1300));
  EXPECT_EQ(fleet.version(5)->first_seen, at(0));
}

TEST(Lags, LateReferencesCorrectRows) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 2000)});
  const auto alone = fleet.row(5, kVienna1);
  EXPECT_EQ(alone->customer_lag, std::nullopt);
  EXPECT_THAT(alone->unknown_references, ElementsAre(Role::customer, Role::incoming, Role::distribution));
  fleet.see({notify(kIncoming, 5, 400)});
  EXPECT_EQ(fleet.row(5, kVienna1)->incoming_lag, ms(1600));
  EXPECT_THAT(fleet.row(5, kVienna1)->unknown_references, ElementsAre(Role::customer, Role::distribution));
  fleet.see({notify(kCustomer, 5, 0), notify(kIncoming, 5, 300), notify(kDistribution, 5, 2100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->customer_lag, ms(2000));
  EXPECT_EQ(fleet.row(5, kVienna1)->incoming_lag, ms(1700));
  EXPECT_EQ(fleet.row(5, kVienna1)->distribution_lag, ms(-100));  // shown, not hidden
  EXPECT_THAT(fleet.row(5, kVienna1)->unknown_references, IsEmpty());
}

TEST(Lags, TheEarliestOfARoleIsTheReference) {
  InventoryRows rows = fleet_rows();
  rows.nameservers.push_back(nameserver("in2", "10.53.0.21", Role::incoming));
  Scenario fleet(std::move(rows));
  fleet.see({notify(kIncoming, 5, 500), notify("10.53.0.21", 5, 200), served(kVienna1, 5, 900)});
  EXPECT_EQ(fleet.row(5, kVienna1)->incoming_lag, ms(700));
}

TEST(Lags, AFleetWithoutDistributionNodesHasNoSuchLag) {
  InventoryRows rows = fleet_rows();
  rows.nameservers.erase(rows.nameservers.begin() + 1);
  Scenario fleet(std::move(rows));
  fleet.see({served(kVienna1, 5, 900)});
  EXPECT_EQ(fleet.row(5, kVienna1)->distribution_lag, std::nullopt);
  EXPECT_THAT(fleet.row(5, kVienna1)->unknown_references, ElementsAre(Role::customer, Role::incoming));
  EXPECT_EQ(fleet.version(5)->delta2, std::nullopt);
  EXPECT_EQ(fleet.version(5)->delta3.min, std::nullopt);
}

TEST(Lags, CustomersAlwaysApply) {
  InventoryRows rows = fleet_rows();
  rows.customers.clear();
  Scenario fleet(std::move(rows));
  fleet.see({notify(kIncoming, 5, 0)});
  EXPECT_THAT(fleet.row(5, kIncoming)->unknown_references, ElementsAre(Role::customer));
}

TEST(Status, DisabledNodesAreShownButGiveNothing) {
  InventoryRows rows = fleet_rows();
  rows.nameservers[0].status = NodeStatus::disabled;  // in1
  rows.nameservers[2].status = NodeStatus::disabled;  // vie1
  rows.nameservers.push_back(nameserver("in2", "10.53.0.21", Role::incoming));
  Scenario fleet(std::move(rows));
  fleet.see(
      {notify(kIncoming, 5, 0), notify("10.53.0.21", 5, 300), served(kVienna1, 5, 400), served(kVienna2, 5, 900)});
  EXPECT_EQ(fleet.row(5, kVienna2)->incoming_lag, ms(600));
  EXPECT_EQ(fleet.row(5, kVienna1)->incoming_lag, ms(100));
  EXPECT_EQ(fleet.row(5, kVienna1)->status, NodeStatus::disabled);
  EXPECT_EQ(fleet.version(5)->ns_expected, 2U);  // vie (vie2), ams
  EXPECT_EQ(fleet.version(5)->incoming_lag.min, ms(600));
  EXPECT_EQ(fleet.version(5)->first_seen, at(0));
}

TEST(Status, ARoleOfDisabledNodesOnlyDoesNotApply) {
  InventoryRows rows = fleet_rows();
  rows.nameservers[1].status = NodeStatus::disabled;
  Scenario fleet(std::move(rows));
  fleet.see({notify(kDistribution, 5, 0), served(kVienna1, 5, 400)});
  EXPECT_EQ(fleet.row(5, kVienna1)->distribution_lag, std::nullopt);
  EXPECT_THAT(fleet.row(5, kVienna1)->unknown_references, ElementsAre(Role::customer, Role::incoming));
}

TEST(Status, MaintenanceGivesReferencesButIsNotExpected) {
  InventoryRows rows = fleet_rows();
  rows.nameservers[0].status = NodeStatus::maintenance;  // in1
  rows.nameservers[4].status = NodeStatus::maintenance;  // ams1
  Scenario fleet(std::move(rows));
  fleet.see({notify(kIncoming, 5, 0), served(kVienna1, 5, 400), served(kAmsterdam, 5, 9000)});
  EXPECT_EQ(fleet.row(5, kVienna1)->incoming_lag, ms(400));
  EXPECT_EQ(fleet.row(5, kAmsterdam)->incoming_lag, ms(9000));
  EXPECT_EQ(fleet.row(5, kAmsterdam)->status, NodeStatus::maintenance);
  EXPECT_EQ(fleet.version(5)->ns_expected, 1U);
  EXPECT_EQ(fleet.version(5)->incoming_lag.max, ms(400));
  // Nor is it shown as open.
  fleet.see({notify(kIncoming, 6, 10'000)});
  EXPECT_EQ(fleet.row(6, kAmsterdam), std::nullopt);
}

TEST(Open, ExpectedNodesWithoutEvidenceAreShown) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), served(kVienna1, 5, 400)});
  const auto row = fleet.row(5, kAmsterdam);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->hostname, "ams1");
  EXPECT_EQ(row->live_at, std::nullopt);
  EXPECT_EQ(row->not_before, std::nullopt);
  EXPECT_EQ(row->basis, Basis::none);
  EXPECT_EQ(row->incoming_lag, std::nullopt);
  EXPECT_THAT(row->unknown_references, ElementsAre(Role::customer, Role::distribution));
  EXPECT_EQ(fleet.row(5, kDistribution), std::nullopt);  // only secondaries are expected
}

TEST(Order, DownTheChainThenByLocation) {
  Scenario fleet;
  see_whole_chain(fleet);
  fleet.see({notify(kStranger, 5, 1)});
  std::vector<std::string> order;
  const auto version = fleet.version(5);
  for (const NodeRow& row : version->nodes) order.push_back(row.hostname.empty() ? row.srcip : row.hostname);
  EXPECT_THAT(order,
              ElementsAre(std::string(kCustomer), "in1", "dist1", "ams1", "vie1", "vie2", std::string(kStranger)));
}

TEST(Clock, OneSensorHasNoError) {
  Scenario fleet;
  fleet.see({by("a", ms(3), notify(kIncoming, 5, 0)), by("a", ms(5), served(kVienna1, 5, 100)),
             by("b", ms(4), served(kVienna2, 5, 100)), by("c", std::nullopt, served(kAmsterdam, 5, 100))});
  EXPECT_EQ(fleet.row(5, kVienna1)->clock_error, ms(0));
  EXPECT_EQ(fleet.row(5, kVienna2)->clock_error, ms(7));
  EXPECT_EQ(fleet.row(5, kAmsterdam)->clock_error, std::nullopt);
  EXPECT_EQ(fleet.row(5, kIncoming)->clock_error, std::nullopt);  // no lag: no customer seen
}

TEST(Clock, TheReferenceFurthestUpstreamCounts) {
  Scenario fleet;
  fleet.see({by("a", ms(1), notify(kCustomer, 5, 0)), by("b", ms(20), notify(kIncoming, 5, 10)),
             by("c", ms(300), served(kVienna1, 5, 100))});
  EXPECT_EQ(fleet.row(5, kVienna1)->clock_error, ms(301));
  EXPECT_EQ(fleet.row(5, kIncoming)->clock_error, ms(21));
}

TEST(Clock, TheDecidingEvidenceIsTheEarliestOfAllSensors) {
  Scenario fleet;
  fleet.see({by("a", ms(1), notify(kIncoming, 5, 0)), by("b", ms(9), served(kVienna1, 5, 101)),
             by("c", ms(30), served(kVienna1, 5, 100))});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(100));
  EXPECT_EQ(fleet.row(5, kVienna1)->clock_error, ms(31));
  fleet.see({by("d", ms(2), served(kVienna1, 5, 100))});  // same time, better clock
  EXPECT_EQ(fleet.row(5, kVienna1)->clock_error, ms(3));
}

TEST(Clock, ErrorsAreRoundedUpToMicroseconds) {
  Scenario fleet;
  fleet.see({by("a", Duration(1), notify(kIncoming, 5, 0)), by("b", Duration(1000), served(kVienna1, 5, 100))});
  EXPECT_EQ(fleet.row(5, kVienna1)->clock_error, Duration(2000));
  fleet.see({by("c", Duration(-1), served(kVienna2, 5, 100))});  // nonsense is not known
  EXPECT_EQ(fleet.row(5, kVienna2)->clock_error, std::nullopt);
}

}  // namespace
}  // namespace zonelag::aggregator
