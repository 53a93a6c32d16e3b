// Rows: live times, supersession, references, lags, summaries, verdicts. Expectations are worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using decoder::ServedVia;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(LiveTime, IsTheEarliestThatShowsTheSerial) {
  Scenario fleet;
  fleet.see(
      {served(kVienna1, 5, 300), notify(kVienna1, 5, 250), started(kVienna1, 5, 200), completed(kVienna1, 5, 100)});
  const auto row = fleet.row(5, kVienna1);
  EXPECT_EQ(row->live_at, at(200));
  EXPECT_EQ(row->basis, Basis::offered);
  EXPECT_EQ(row->not_before, at(100));
  EXPECT_EQ(row->received_at, at(100));
  EXPECT_EQ(row->announced_at, at(250));
  EXPECT_EQ(row->offered_at, at(200));
  EXPECT_EQ(row->served_at, at(300));
  EXPECT_EQ(row->superseded_by, std::nullopt);
}

TEST(LiveTime, OfEqualTimesTheStrongestNamesTheBasis) {
  Scenario fleet;
  fleet.see({notify(kVienna1, 5, 100), started(kVienna1, 5, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::offered);
  fleet.see({served(kVienna1, 5, 100, ServedVia::zone_version)});
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::served);
}

TEST(LiveTime, RepeatsAndLateOnesKeepTheFirst) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 300), served(kVienna1, 5, 300), served(kVienna1, 5, 400), served(kVienna1, 5, 200)});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(200));
  EXPECT_EQ(fleet.join().evidence_rows(), 1U);
}

TEST(LiveTime, ReceivedStandsInUntilSomethingIsShown) {
  Scenario fleet;
  fleet.see({completed(kVienna1, 5, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(100));
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::received);
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, std::nullopt);
  fleet.see({served(kVienna1, 5, 900)});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(900));
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, at(100));
}

TEST(LiveTime, ReceivedAfterItWasShownBoundsNothing) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 100), completed(kVienna1, 5, 101)});
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, std::nullopt);
  EXPECT_EQ(fleet.row(5, kVienna1)->received_at, at(101));
}

TEST(LiveTime, ReceivedAtTheSameMomentDoesBound) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 100), completed(kVienna1, 5, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, at(100));
}

TEST(LowerEnd, IsTheLastAnswerWithAnOlderSerial) {
  Scenario fleet;
  fleet.see({served_after(kVienna1, 5, 300, 4, 250), completed(kVienna1, 5, 200)});
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, at(250));
  fleet.see({completed(kVienna2, 5, 280), served_after(kVienna2, 5, 300, 4, 250)});
  EXPECT_EQ(fleet.row(5, kVienna2)->not_before, at(280));
}

TEST(LowerEnd, NewerOrLaterAnswersAreNone) {
  Scenario fleet;
  fleet.see({served_after(kVienna1, 5, 300, 6, 250)});  // went backwards
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, std::nullopt);
  fleet.see({served_after(kVienna2, 5, 300, 4, 301)});  // another address of the node was later still
  EXPECT_EQ(fleet.row(5, kVienna2)->not_before, std::nullopt);
  fleet.see({served_after(kVienna2, 5, 310, 4, 300)});
  EXPECT_EQ(fleet.row(5, kVienna2)->live_at, at(300));
  EXPECT_EQ(fleet.row(5, kVienna2)->not_before, at(300));
}

TEST(LowerEnd, HoldsForASkippedSerialToo) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), served_after(kVienna1, 6, 300, 4, 250)});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(300));
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, at(250));
  // But an answer with 5 does not bound 5.
  fleet.see({served_after(kVienna2, 6, 300, 5, 250)});
  EXPECT_EQ(fleet.row(5, kVienna2)->not_before, std::nullopt);
  EXPECT_EQ(fleet.row(6, kVienna2)->not_before, at(250));
}

TEST(LowerEnd, OfAReceivedBasisComesFromAnswersOnly) {
  Scenario fleet;
  fleet.see({completed(kVienna1, 5, 100), completed(kVienna1, 6, 500), served_after(kVienna1, 4, 50, 3, 40)});
  const auto row = fleet.row(5, kVienna1);
  EXPECT_EQ(row->basis, Basis::received);
  EXPECT_EQ(row->live_at, at(100));
  EXPECT_EQ(row->not_before, at(40));
}

TEST(Supersession, ASuccessorDeliversASkippedSerial) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), notify(kIncoming, 6, 50), completed(kVienna1, 6, 90), served(kVienna1, 6, 100)});
  const auto row = fleet.row(5, kVienna1);
  EXPECT_EQ(row->live_at, at(100));
  EXPECT_EQ(row->superseded_by, Serial(6));
  EXPECT_EQ(row->basis, Basis::served);
  EXPECT_EQ(row->served_at, std::nullopt);  // of 5 itself nothing was seen
  EXPECT_EQ(row->received_at, std::nullopt);
  EXPECT_EQ(row->not_before, at(90));  // received 6
  EXPECT_EQ(row->incoming_lag, ms(100));
  EXPECT_EQ(fleet.row(6, kVienna1)->incoming_lag, ms(50));
  EXPECT_EQ(fleet.row(6, kVienna1)->superseded_by, std::nullopt);
}

TEST(Supersession, ANewerOneCountsOnlyWhenItIsEarlier) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 100), served(kVienna1, 6, 200)});
  EXPECT_EQ(fleet.row(5, kVienna1)->superseded_by, std::nullopt);
  // Announced late, as the successor is served: the successor was first. 50 is when 5 was first seen.
  fleet.see({notify(kIncoming, 5, 50), served(kVienna2, 6, 150), served(kVienna2, 5, 160)});
  EXPECT_EQ(fleet.row(5, kVienna2)->live_at, at(150));
  EXPECT_EQ(fleet.row(5, kVienna2)->superseded_by, Serial(6));
  EXPECT_EQ(fleet.row(5, kVienna2)->served_at, at(160));
}

TEST(Supersession, AtTheSameTimeTheOwnSerialDecides) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), notify(kVienna1, 5, 100), served(kVienna1, 6, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->superseded_by, std::nullopt);
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::announced);
}

TEST(Supersession, OfSeveralAtTheSameTimeTheStrongestThenTheNearest) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), notify(kVienna1, 6, 100), served(kVienna1, 8, 100), served(kVienna1, 7, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::served);
  EXPECT_EQ(fleet.row(5, kVienna1)->superseded_by, Serial(7));
}

TEST(Supersession, TheNearestIsSoAroundTheEndOfTheCircle) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 0xfffffffe, 0), served(kVienna1, 0, 100), served(kVienna1, 0xffffffff, 100)});
  EXPECT_EQ(fleet.row(0xfffffffe, kVienna1)->superseded_by, Serial(0xffffffff));
}

TEST(Supersession, ReceivedOfASuccessorStandsInToo) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), completed(kVienna1, 6, 100)});
  const auto row = fleet.row(5, kVienna1);
  EXPECT_EQ(row->basis, Basis::received);
  EXPECT_EQ(row->superseded_by, Serial(6));
  EXPECT_EQ(row->live_at, at(100));
}

TEST(Supersession, ABurstIsDeliveredByItsLast) {
  Scenario fleet;
  for (std::uint32_t serial = 2; serial <= 8; ++serial) fleet.see({notify(kCustomer, serial, 10 * serial)});
  fleet.see({notify(kIncoming, 8, 1000), served(kVienna1, 8, 2000)});
  EXPECT_THAT(fleet.serials(), ElementsAre(2U, 3U, 4U, 5U, 6U, 7U, 8U));
  for (std::uint32_t serial = 2; serial <= 7; ++serial) {
    EXPECT_EQ(fleet.row(serial, kIncoming)->superseded_by, Serial(8)) << serial;
    EXPECT_EQ(fleet.row(serial, kVienna1)->superseded_by, Serial(8)) << serial;
    EXPECT_EQ(fleet.row(serial, kVienna1)->customer_lag, ms(2000 - 10 * serial)) << serial;
    EXPECT_EQ(fleet.row(serial, kCustomer)->superseded_by, std::nullopt) << serial;
  }
}

TEST(Serials, WrapAround) {
  Scenario fleet;
  fleet.see(
      {notify(kIncoming, 0xffffffff, 0), notify(kIncoming, 0, 50), served_after(kVienna1, 0, 100, 0xfffffffe, 80)});
  EXPECT_THAT(fleet.serials(), ElementsAre(0xffffffffU, 0U));
  EXPECT_EQ(fleet.row(0xffffffff, kVienna1)->superseded_by, Serial(0));
  EXPECT_EQ(fleet.row(0xffffffff, kVienna1)->incoming_lag, ms(100));
  EXPECT_EQ(fleet.row(0xffffffff, kVienna1)->not_before, at(80));
  EXPECT_EQ(fleet.row(0, kVienna1)->incoming_lag, ms(50));
}

TEST(Serials, HalfTheCircleAwayNeitherSupersedes) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), served(kVienna1, 0x80000004, 100), served(kVienna2, 0x80000005, 100)});
  EXPECT_EQ(fleet.row(5, kVienna1)->superseded_by, Serial(0x80000004));
  EXPECT_EQ(fleet.row(5, kVienna2)->live_at, std::nullopt);  // incomparable
  fleet.see({served(kAmsterdam, 0x80000006, 100)});
  EXPECT_EQ(fleet.row(5, kAmsterdam)->live_at, std::nullopt);  // older
}

TEST(Serials, ANodeAheadOfABackwardsSerialIsOpenNotEarly) {
  Scenario fleet;
  fleet.see({served(kVienna1, 10, 0), served(kVienna2, 10, 0), completed(kVienna2, 10, -5)});
  fleet.see({notify(kIncoming, 5, 1000), completed(kVienna2, 5, 1100), served(kVienna2, 5, 1200)});
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, std::nullopt);
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::none);
  EXPECT_EQ(fleet.row(5, kVienna2)->live_at, at(1200));
  EXPECT_EQ(fleet.row(5, kVienna2)->not_before, at(1100));  // not the 10 received before 5 existed
  // The last moment before, and the first of it.
  Scenario edge;
  edge.see({notify(kIncoming, 5, 1000), served(kVienna1, 10, 999), served(kVienna2, 10, 1000)});
  EXPECT_EQ(edge.row(5, kVienna1)->live_at, std::nullopt);
  EXPECT_EQ(edge.row(5, kVienna2)->live_at, at(1000));
}

TEST(Serials, ManyVersionsOfOneNodeFindTheirSuccessor) {
  // Past the blocks of the time line: 200 newer-looking serials before, 200 older ones after, then the successor.
  Scenario fleet;
  for (std::uint32_t i = 0; i < 200; ++i) fleet.see({served(kVienna1, 5000 + i, i)});
  fleet.see({notify(kIncoming, 1000, 1000)});
  for (std::uint32_t i = 0; i < 200; ++i) fleet.see({served(kVienna1, 500 + i, 2000 + i)});
  EXPECT_EQ(fleet.row(1000, kVienna1)->live_at, std::nullopt);
  fleet.see({served(kVienna1, 1001, 3000), served(kVienna1, 1002, 2999)});
  EXPECT_EQ(fleet.row(1000, kVienna1)->live_at, at(2999));
  EXPECT_EQ(fleet.row(1000, kVienna1)->superseded_by, Serial(1002));
}

void see_whole_chain(Scenario& fleet) {
  fleet.see({notify(kCustomer, 5, 0), notify(kIncoming, 5, 400), notify(kDistribution, 5, 1700),
             served(kVienna1, 5, 2000), served(kVienna2, 5, 2600), served(kAmsterdam, 5, 3100)});
}

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

TEST(Sla, LocationsCountOnceByTheirFirstNode) {
  Scenario fleet;
  see_whole_chain(fleet);
  const auto version = fleet.version(5);
  EXPECT_EQ(version->ns_expected, 2U);
  EXPECT_EQ(version->ns_count, 2U);
  EXPECT_EQ(version->ns_open, 0U);
  // Vienna 1600 (vie1), Amsterdam 2700.
  EXPECT_EQ(version->incoming_lag.min, ms(1600));
  EXPECT_EQ(version->incoming_lag.max, ms(2700));
  EXPECT_EQ(version->incoming_lag.avg, ms(2150));
  EXPECT_EQ(version->incoming_lag.median, ms(2150));
  EXPECT_EQ(version->incoming_lag.p90, ms(2590));
  // Each node: 300, 900, 1400.
  EXPECT_EQ(version->delta3.min, ms(300));
  EXPECT_EQ(version->delta3.median, ms(900));
  EXPECT_EQ(version->delta3.p90, ms(1300));
  EXPECT_EQ(version->delta3.max, ms(1400));
}

TEST(Sla, ALocationIsOpenWhenAllItsNodesAre) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), notify(kDistribution, 5, 100), served(kVienna2, 5, 600)});
  const auto version = fleet.version(5);
  EXPECT_EQ(version->ns_count, 1U);
  EXPECT_EQ(version->ns_open, 1U);
  EXPECT_EQ(version->incoming_lag.min, ms(600));
  EXPECT_EQ(version->incoming_lag.median, std::nullopt);
  EXPECT_EQ(version->incoming_lag.max, std::nullopt);
  EXPECT_EQ(version->delta3.min, ms(500));  // of three nodes two are open
  EXPECT_EQ(version->delta3.median, std::nullopt);
}

TEST(Sla, NodesWithoutLocationStandForThemselves) {
  InventoryRows rows = fleet_rows();
  for (Nameserver& node : rows.nameservers) node.loc.clear();
  rows.nameservers[4].loc = "vie1";  // a location that is called as a host
  Scenario fleet(std::move(rows));
  fleet.see({notify(kIncoming, 5, 0)});
  EXPECT_EQ(fleet.version(5)->ns_expected, 3U);
  EXPECT_EQ(fleet.version(5)->ns_open, 3U);
}

TEST(Sla, ReceivedOnlyCountsAsHavingIt) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 0), completed(kVienna1, 5, 10), completed(kAmsterdam, 5, 30)});
  EXPECT_EQ(fleet.version(5)->ns_count, 2U);
  EXPECT_EQ(fleet.version(5)->incoming_lag.max, ms(30));
}

TEST(Sla, WithoutReferenceLocationsHaveItButNoLag) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 10), served(kAmsterdam, 5, 30)});
  EXPECT_EQ(fleet.version(5)->ns_count, 2U);
  EXPECT_EQ(fleet.version(5)->ns_open, 0U);
  EXPECT_EQ(fleet.version(5)->incoming_lag.min, std::nullopt);
}

Policy promise(LagKind lag, Duration limit, double percentile = 100) {
  Policy policy;
  policy.name = "test";
  policy.lag = lag;
  policy.percentile = percentile;
  policy.limit = limit;
  policy.deadline = std::chrono::seconds(60);
  return policy;
}

TEST(Verdicts, JudgeThePolicysLagByLocation) {
  Scenario fleet;
  see_whole_chain(fleet);
  const Policy met = promise(LagKind::incoming_lag, ms(2700));
  const Policy breached = promise(LagKind::incoming_lag, ms(2699));
  EXPECT_EQ(fleet.version(5, &met)->verdict, Verdict::met);
  EXPECT_EQ(fleet.version(5, &met)->policy, "test");
  EXPECT_EQ(fleet.version(5, &breached)->verdict, Verdict::breached);
  const Policy customer = promise(LagKind::customer_lag, ms(3099));
  EXPECT_EQ(fleet.version(5, &customer)->verdict, Verdict::breached);
  const Policy distribution = promise(LagKind::distribution_lag, ms(1400));
  EXPECT_EQ(fleet.version(5, &distribution)->verdict, Verdict::met);
  const Policy median = promise(LagKind::distribution_lag, ms(850), 50);  // of Vienna 300 and Amsterdam 1400
  EXPECT_EQ(fleet.version(5, &median)->verdict, Verdict::met);
  EXPECT_EQ(fleet.version(5)->verdict, Verdict::none);
  EXPECT_EQ(fleet.version(5)->policy, "");
}

TEST(Verdicts, ThePolicyOfTheInventoryAppliesUnlessOverridden) {
  InventoryRows rows = fleet_rows();
  rows.policies = {promise(LagKind::incoming_lag, ms(2700))};
  rows.policies[0].name = "contract";
  Scenario fleet(std::move(rows));
  see_whole_chain(fleet);
  EXPECT_EQ(fleet.version(5)->verdict, Verdict::met);
  EXPECT_EQ(fleet.version(5)->policy, "contract");
  const Policy stricter = promise(LagKind::incoming_lag, ms(1));
  EXPECT_EQ(fleet.version(5, &stricter)->verdict, Verdict::breached);
  EXPECT_EQ(fleet.version(5, &stricter)->policy, "test");
}

TEST(Verdicts, OpenUntilTheDeadlineThenBreached) {
  Scenario fleet;
  const Policy policy = promise(LagKind::incoming_lag, ms(1000));
  fleet.see({notify(kIncoming, 5, 0), served(kVienna1, 5, 10), event(kVienna1, 59'999, decoder::Status{})});
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::open);
  fleet.see({event(kVienna1, 60'001, decoder::Status{})});
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::breached);
}

TEST(Verdicts, ClockErrorOfThePolicysOwnLagMakesItUndecidable) {
  Scenario fleet;
  const Policy policy = promise(LagKind::incoming_lag, ms(1000));
  fleet.see({by("c", ms(500), notify(kCustomer, 5, -10)), by("a", ms(3), notify(kIncoming, 5, 0)),
             by("a", ms(3), served(kVienna1, 5, 999)), by("b", ms(4), served(kAmsterdam, 5, 993))});
  // 999 + 7 straddles; the customer's 500 have no part in an incoming_lag.
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::undecidable);
  const Policy wider = promise(LagKind::incoming_lag, ms(1006));
  EXPECT_EQ(fleet.version(5, &wider)->verdict, Verdict::met);
}

TEST(Verdicts, WithoutReferenceNobodyIsAccused) {
  Scenario fleet;
  const Policy policy = promise(LagKind::incoming_lag, ms(1000));
  fleet.see({served(kVienna1, 5, 0), served(kAmsterdam, 5, 0)});
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::open);
  fleet.see({event(kVienna1, 3'600'000, decoder::Status{})});
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::undecidable);
  fleet.see({notify(kIncoming, 5, -10)});  // late
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::met);
}

TEST(Verdicts, ALagThatDoesNotApplyIsNotJudged) {
  InventoryRows rows = fleet_rows();
  rows.nameservers.erase(rows.nameservers.begin() + 1);
  Scenario fleet(std::move(rows));
  const Policy policy = promise(LagKind::distribution_lag, ms(1000));
  fleet.see({notify(kIncoming, 5, 0), event(kVienna1, 3'600'000, decoder::Status{})});
  EXPECT_EQ(fleet.version(5, &policy)->verdict, Verdict::none);
  EXPECT_EQ(fleet.version(5, &policy)->policy, "");
}

}  // namespace
}  // namespace zonelag::aggregator
