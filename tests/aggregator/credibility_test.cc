// Announcements that stand alone: a NOTIFY can be forged or misdirected, even from the node's own address.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Credibility, AnAnnouncementAloneIsBelieved) {
  Scenario scenario;
  scenario.see({notify(kCustomer, 7, 10)});
  EXPECT_THAT(scenario.serials(), ElementsAre(7));
}

TEST(Credibility, NotWhenEverybodyRejectsIt) {
  Scenario scenario;
  scenario.see({notify(kCustomer, 7, 10), answer(kIncoming, kCustomer, 7, 9, 11)});
  EXPECT_THAT(scenario.serials(), IsEmpty());
}

TEST(Credibility, OneWhoAcceptsIsEnough) {
  Scenario scenario;
  scenario.see(
      {answer(kIncoming, kCustomer, 7, 0, 12), answer(kDistribution, kCustomer, 7, 5, 11), notify(kCustomer, 7, 10)});
  EXPECT_THAT(scenario.serials(), ElementsAre(7));
}

TEST(Credibility, ARejectedOneCountsWhereTheSerialIsProven) {
  Scenario scenario;
  scenario.see({notify(kCustomer, 7, 10), answer(kIncoming, kCustomer, 7, 5, 11), served(kCustomer, 7, 90)});
  EXPECT_EQ(scenario.row(7, kCustomer)->live_at, at(10));
}

TEST(Credibility, NotWhenTheNodeWasKnownToHaveANewerSerial) {
  Scenario scenario;
  scenario.see({served(kCustomer, 7, 10), notify(kCustomer, 6, 20), answer(kIncoming, kCustomer, 6, 0, 21)});
  EXPECT_THAT(scenario.serials(), ElementsAre(7));
}

TEST(Credibility, ASerialThatGoesBackwardsIsProvenByWhatFollows) {
  Scenario scenario;
  scenario.see({served(kCustomer, 7, 10), notify(kCustomer, 6, 20), started(kCustomer, 6, 30)});
  EXPECT_THAT(scenario.serials(), ElementsAre(7, 6));
  EXPECT_EQ(scenario.row(6, kCustomer)->live_at, at(20));
}

TEST(Credibility, ANewerSerialLaterDoesNotTakeItBack) {
  Scenario scenario;
  scenario.see({notify(kCustomer, 6, 10), served(kCustomer, 7, 20)});
  EXPECT_THAT(scenario.serials(), ElementsAre(6, 7));
}

TEST(Credibility, WhatNobodyBelievesSupersedesNothing) {
  Scenario scenario;
  scenario.see({served(kCustomer, 7, 10), notify(kVienna1, 9, 15), answer(kVienna2, kVienna1, 9, 5, 16)});
  EXPECT_THAT(scenario.serials(), ElementsAre(7));
  EXPECT_FALSE(scenario.row(7, kVienna1)->live_at);
}

}  // namespace
}  // namespace zonelag::aggregator
