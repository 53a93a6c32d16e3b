// When a node had a version: bounds, bases, supersession. Expectations are worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using decoder::ServedVia;
using testing::ElementsAre;

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
  fleet.see({notify(kIncoming, 5, 30), completed(kVienna1, 5, 100), completed(kVienna1, 6, 500),
             served_after(kVienna1, 4, 50, 3, 40)});
  const auto row = fleet.row(5, kVienna1);
  EXPECT_EQ(row->basis, Basis::received);
  EXPECT_EQ(row->live_at, at(100));
  EXPECT_EQ(row->not_before, at(40));
}

// What was long before the version does not bound it: a version does not rest on all that ever was in the zone.
TEST(LowerEnd, OfOtherVersionsEvidenceCountsFromFirstSeenOn) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 5, 41), notify(kVienna1, 5, 100), served_after(kVienna1, 4, 50, 3, 40)});
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, std::nullopt);
  fleet.see({notify(kIncoming, 5, 40)});
  EXPECT_EQ(fleet.row(5, kVienna1)->not_before, at(40));
  // The deciding evidence's own counts always.
  fleet.see({notify(kIncoming, 7, 200), served_after(kVienna2, 8, 300, 4, 10)});
  EXPECT_EQ(fleet.row(7, kVienna2)->not_before, at(10));
}

// How long evidence for newer serials counts: section 3 says "tracked".
TEST(Tracked, OthersAreSupersededUntilTheExpectedNodesHaveIt) {
  Scenario fleet;
  const std::int64_t settled = 15 * 60'000;
  fleet.see({notify(kIncoming, 5, 0), served(kVienna1, 5, 100), served(kVienna2, 5, 200), served(kAmsterdam, 5, 300),
             notify(kIncoming, 6, 1000), notify(kDistribution, 6, 301 + settled)});
  EXPECT_EQ(fleet.row(5, kDistribution), std::nullopt);
  fleet.see({notify(kDistribution, 6, 300 + settled)});
  EXPECT_EQ(fleet.row(5, kDistribution)->superseded_by, Serial(6));
}

TEST(Tracked, OpenOnesAreForTheHorizon) {
  Scenario fleet;
  const std::int64_t horizon = 10 * 3'600'000;
  fleet.see({notify(kIncoming, 5, 0), notify(kDistribution, 6, horizon + 1), served(kVienna1, 6, horizon + 5)});
  EXPECT_EQ(fleet.row(5, kDistribution), std::nullopt);
  EXPECT_EQ(fleet.row(5, kVienna1)->live_at, at(horizon + 5));  // expected: however late
  fleet.see({notify(kDistribution, 6, horizon)});
  EXPECT_EQ(fleet.row(5, kDistribution)->superseded_by, Serial(6));
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

}  // namespace
}  // namespace zonelag::aggregator
