// Which events say what about whom.
#include "aggregator/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using decoder::Notify;
using decoder::ServedVia;
using decoder::Transfer;
using decoder::TransferForm;
using decoder::TransferPhase;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(JoinEvidence, NotifyIsAnnouncedAtItsOwnTime) {
  Scenario fleet;
  Event retry = notify(kIncoming, 5, 3000);
  std::get<Notify>(retry.body).attempt = 2;
  std::get<Notify>(retry.body).first_sent = at(0);
  fleet.see({retry});
  const auto row = fleet.row(5, kIncoming);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->announced_at, at(3000));
  EXPECT_EQ(row->live_at, at(3000));
  EXPECT_EQ(row->basis, Basis::announced);
  EXPECT_EQ(row->offered_at, std::nullopt);
  EXPECT_EQ(fleet.join().counters().evidence, 1U);
}

TEST(JoinEvidence, NotifyWithoutSerialCountsOnceItIsAnswered) {
  Scenario fleet;
  fleet.see({event(kIncoming, 10, Notify{})});
  EXPECT_THAT(fleet.serials(), IsEmpty());
  EXPECT_EQ(fleet.join().counters().no_evidence, 1U);
  Notify answered;
  answered.answered_with = Serial(7);
  fleet.see({event(kIncoming, 10, answered)});
  EXPECT_EQ(fleet.row(7, kIncoming)->announced_at, at(10));
}

TEST(JoinEvidence, NotifyBelievesItsOwnSerialFirst) {
  Scenario fleet;
  Event seen = notify(kIncoming, 7, 10);
  std::get<Notify>(seen.body).answered_with = Serial(8);
  fleet.see({seen});
  EXPECT_THAT(fleet.serials(), ElementsAre(7U));
}

TEST(JoinEvidence, ResponsesAndOtherQueryTypesSayNothing) {
  Scenario fleet;
  Event response = notify(kIncoming, 5, 0);
  std::get<Notify>(response.body).response = true;
  Event cds = notify(kIncoming, 5, 0);
  std::get<Notify>(cds.body).query_type = 59;  // CDS, RFC 9859
  fleet.see({response, cds});
  EXPECT_THAT(fleet.serials(), IsEmpty());
  EXPECT_EQ(fleet.join().counters().no_evidence, 2U);
}

TEST(JoinEvidence, StartedTransferIsOfferedByTheServer) {
  Scenario fleet;
  fleet.see({started(kDistribution, 5, 20)});
  const auto row = fleet.row(5, kDistribution);
  EXPECT_EQ(row->offered_at, at(20));
  EXPECT_EQ(row->basis, Basis::offered);
  EXPECT_EQ(row->received_at, std::nullopt);
}

TEST(JoinEvidence, StartedTransferWithoutSerialSaysNothing) {
  Scenario fleet;
  fleet.see({event(kDistribution, 20, Transfer{})});
  EXPECT_EQ(fleet.join().counters().no_evidence, 1U);
  EXPECT_EQ(fleet.join().evidence_rows(), 0U);
}

TEST(JoinEvidence, CompletedTransferIsReceivedByTheClientOnly) {
  Scenario fleet;
  Event seen = completed(kVienna1, 5, 30);
  seen.source.address = address(kDistribution);
  fleet.see({seen});
  EXPECT_EQ(fleet.row(5, kVienna1)->received_at, at(30));
  EXPECT_EQ(fleet.row(5, kVienna1)->basis, Basis::received);
  EXPECT_EQ(fleet.row(5, kDistribution), std::nullopt);
}

TEST(JoinEvidence, LoneSoaAndFailedTransfersAreNotReceived) {
  Scenario fleet;
  Event failed = completed(kVienna1, 5, 30);
  std::get<Transfer>(failed.body).phase = TransferPhase::failed;
  Event unfinished = completed(kVienna1, 5, 30);
  std::get<Transfer>(unfinished.body).last_serial.reset();
  fleet.see({completed(kVienna1, 5, 30, TransferForm::lone_soa), failed, unfinished});
  EXPECT_EQ(fleet.join().evidence_rows(), 0U);
  EXPECT_EQ(fleet.join().counters().no_evidence, 3U);
}

TEST(JoinEvidence, ASoaAnswerIsServedAndOffered) {
  Scenario fleet;
  fleet.see({served(kVienna1, 5, 40, ServedVia::soa_answer), served(kVienna2, 5, 41, ServedVia::negative_answer),
             served(kAmsterdam, 5, 42, ServedVia::zone_version)});
  EXPECT_EQ(fleet.row(5, kVienna1)->served_at, at(40));
  EXPECT_EQ(fleet.row(5, kVienna1)->offered_at, at(40));
  EXPECT_EQ(fleet.row(5, kVienna2)->served_at, at(41));
  EXPECT_EQ(fleet.row(5, kVienna2)->offered_at, std::nullopt);
  EXPECT_EQ(fleet.row(5, kAmsterdam)->offered_at, std::nullopt);
  EXPECT_EQ(fleet.join().counters().evidence, 4U);
}

TEST(JoinEvidence, StampAndStatusSayNothingButTheirTimeCounts) {
  Scenario fleet;
  fleet.see({event(kVienna1, 40, decoder::Stamp{}), event(kVienna1, 50, decoder::Status{})});
  EXPECT_EQ(fleet.join().counters().no_evidence, 2U);
  EXPECT_EQ(fleet.join().latest(), at(50));
}

TEST(JoinEvidence, TimesBeyondAllReasonSayNothing) {
  Scenario fleet;
  Event last_good = notify(kIncoming, 5, 0);
  last_good.captured_at = Timestamp(Duration(std::int64_t{1} << 62));
  Event first_bad = notify(kIncoming, 6, 0);
  first_bad.captured_at = last_good.captured_at + Duration(1);
  Event never = notify(kIncoming, 7, 0);
  never.captured_at = Timestamp::max();
  Event before = notify(kIncoming, 8, 0);
  before.captured_at = Timestamp::min();
  fleet.see({last_good, first_bad, never, before});
  EXPECT_THAT(fleet.serials(), ElementsAre(5U));
  EXPECT_EQ(fleet.join().counters().no_evidence, 3U);
  EXPECT_EQ(fleet.join().latest(), last_good.captured_at);
}

TEST(JoinNodes, AnAnycastAddressIsTheNodeOfTheCaptureOnly) {
  Scenario fleet;
  Event at_vienna = served(kAnycast, 5, 10);
  at_vienna.node = "vie1";
  fleet.see({at_vienna, served(kAnycast, 5, 5)});
  EXPECT_EQ(fleet.row(5, kVienna1)->served_at, at(10));
  EXPECT_EQ(fleet.row(5, kAmsterdam)->live_at, std::nullopt);
  EXPECT_EQ(fleet.row(5, kAnycast), std::nullopt);
  EXPECT_EQ(fleet.join().counters().anycast_unattributed, 1U);
  EXPECT_THAT(fleet.join().unknown_sources(), IsEmpty());
  // At a node that does not share the address it names nobody either.
  Event elsewhere = served(kAnycast, 5, 4);
  elsewhere.node = "vie2";
  fleet.see({elsewhere});
  EXPECT_EQ(fleet.join().counters().anycast_unattributed, 2U);
  EXPECT_EQ(fleet.join().evidence_rows(), 1U);
}

TEST(JoinNodes, BothAddressesOfANodeAreOneNode) {
  InventoryRows rows = fleet_rows();
  rows.nameservers[2].ip6 = address("2001:db8::41");
  Scenario fleet(std::move(rows));
  fleet.see({served("2001:db8::41", 5, 10), served(kVienna1, 5, 20)});
  EXPECT_EQ(fleet.row(5, kVienna1)->served_at, at(10));
  EXPECT_EQ(fleet.join().evidence_rows(), 1U);
}

TEST(JoinNodes, ANodeWithoutIp4IsShownByItsIp6) {
  InventoryRows rows = fleet_rows();
  rows.nameservers[2].ip4.reset();
  rows.nameservers[2].ip6 = address("2001:db8::41");
  Scenario fleet(std::move(rows));
  fleet.see({served("2001:db8::41", 5, 10)});
  EXPECT_EQ(fleet.row(5, "2001:db8::41")->hostname, "vie1");
}

TEST(JoinNodes, ACustomerIsOneForItsZonesOnly) {
  Scenario fleet;
  fleet.see({notify(kCustomer, 5, 0), in_zone("other.at", notify(kCustomer, 9, 1))});
  const auto row = fleet.row(5, kCustomer);
  EXPECT_EQ(row->role, Role::customer);
  EXPECT_EQ(row->dsc_name, "Example GmbH");
  EXPECT_EQ(row->hostname, "");
  EXPECT_THAT(fleet.serials("other.at"), IsEmpty());
  EXPECT_EQ(fleet.join().counters().foreign_customer, 1U);
  EXPECT_EQ(fleet.join().counters().unknown_source, 0U);
  const auto sources = fleet.join().unknown_sources();
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_TRUE(sources[0].is_customer);
  EXPECT_EQ(sources[0].last_zone, zone("other.at"));
}

TEST(JoinNodes, ASpoofedNotifyMakesNoVersionAndSupersedesNothing) {
  Scenario fleet;
  fleet.see({notify(kCustomer, 5, 0), notify(kIncoming, 5, 10)});
  const std::string before = describe(fleet.join());
  fleet.see({notify(kStranger, 0x7ffffff0, 5)});
  EXPECT_EQ(describe(fleet.join()), before);
  EXPECT_EQ(fleet.join().counters().unknown_source, 1U);
}

TEST(JoinNodes, AStrangerHasARowInVersionsThatExist) {
  Scenario fleet;
  fleet.see({notify(kStranger, 5, -50), notify(kIncoming, 5, 10), notify(kStranger, 9, 20)});
  EXPECT_THAT(fleet.serials(), ElementsAre(5U));
  const auto row = fleet.row(5, kStranger);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->role, Role::unknown);
  EXPECT_EQ(row->hostname, "");
  EXPECT_EQ(row->live_at, at(-50));
  EXPECT_EQ(row->customer_lag, std::nullopt);
  EXPECT_THAT(row->unknown_references, IsEmpty());
  EXPECT_EQ(fleet.version(5)->first_seen, at(10));  // a stranger's word does not count
  // Once a known node has 9, the stranger's evidence of 9 is a row, and supersedes for the stranger.
  fleet.see({notify(kIncoming, 9, 30), notify(kStranger, 12, 40)});
  EXPECT_THAT(fleet.serials(), ElementsAre(5U, 9U));
  EXPECT_EQ(fleet.row(9, kStranger)->live_at, at(20));
}

TEST(JoinNodes, WithoutInventoryEverybodyCounts) {
  Scenario nobody(InventoryRows{});
  nobody.see({notify(kStranger, 5, 0), served(kVienna1, 5, 10)});
  EXPECT_THAT(nobody.serials(), ElementsAre(5U));
  EXPECT_EQ(nobody.row(5, kStranger)->role, Role::unknown);
  EXPECT_EQ(nobody.row(5, kVienna1)->live_at, at(10));
  EXPECT_EQ(nobody.version(5)->ns_expected, 0U);
  EXPECT_EQ(nobody.version(5)->verdict, Verdict::none);
  EXPECT_EQ(nobody.join().unknown_sources().size(), 2U);
}

TEST(JoinSources, AreListedByEvents) {
  Scenario fleet;
  fleet.see({notify(kStranger, 5, 100), notify("192.0.2.67", 5, 50), notify(kStranger, 6, 20)});
  const auto sources = fleet.join().unknown_sources();
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].address, address(kStranger));
  EXPECT_EQ(sources[0].events, 2U);
  EXPECT_EQ(sources[0].first_seen, at(20));
  EXPECT_EQ(sources[0].last_seen, at(100));
  EXPECT_FALSE(sources[0].is_customer);
}

TEST(JoinZones, ComeInTextOrderAndVersionsByFirstSeen) {
  Scenario fleet;
  fleet.see({in_zone("z.at", notify(kIncoming, 1, 0)), in_zone("a.example", notify(kIncoming, 1, 0)),
             in_zone("bb.at", notify(kIncoming, 3, 5)), in_zone("bb.at", notify(kIncoming, 2, 9))});
  std::vector<std::string> seen;
  fleet.join().for_each_version(
      [&](const VersionRow& row) { seen.push_back(row.zone.to_text() + " " + std::to_string(row.serial.value())); });
  EXPECT_THAT(seen, ElementsAre("a.example 1", "bb.at 3", "bb.at 2", "z.at 1"));
}

TEST(JoinZones, OneZoneAloneIsTheSameAsAmongAll) {
  Scenario fleet;
  fleet.see({in_zone("a.at", notify(kIncoming, 1, 0)), notify(kIncoming, 1, 0)});
  ASSERT_EQ(fleet.versions().size(), 1U);
  EXPECT_THAT(describe(fleet.join()), testing::EndsWith(describe(fleet.versions()[0])));
  EXPECT_THAT(fleet.versions("nowhere.at"), IsEmpty());
}

TEST(JoinMove, KeepsTheEvidence) {
  const Inventory inventory = *Inventory::build(fleet_rows());
  Join first(inventory);
  first.consume(notify(kIncoming, 5, 0));
  const std::string before = describe(first);
  Join second(std::move(first));
  second.consume(notify(kIncoming, 5, 0));
  EXPECT_EQ(describe(second), before);
  EXPECT_FALSE(before.empty());
}

}  // namespace
}  // namespace zonelag::aggregator
