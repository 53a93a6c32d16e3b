// Summaries by location and verdicts. Expectations are worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

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
