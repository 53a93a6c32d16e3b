// What is bounded, and what goes first.
#include "aggregator/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

using decoder::Notify;
using testing::ElementsAre;
using testing::IsEmpty;

JoinLimits few(std::uint32_t JoinLimits::* member, std::uint32_t value) {
  JoinLimits limits;
  limits.*member = value;
  return limits;
}

TEST(JoinLimits, OldestVersionsGoFirst) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_versions_of_zone, 3));
  fleet.see({notify(kIncoming, 9, 0), notify(kIncoming, 2, 10), notify(kIncoming, 3, 20)});
  EXPECT_THAT(fleet.serials(), ElementsAre(9U, 2U, 3U));
  EXPECT_EQ(fleet.join().counters().versions_evicted, 0U);
  fleet.see({notify(kIncoming, 4, 30)});
  EXPECT_THAT(fleet.serials(), ElementsAre(2U, 3U, 4U));
  fleet.see({notify(kDistribution, 4, 40), notify(kIncoming, 5, 50)});
  EXPECT_THAT(fleet.serials(), ElementsAre(3U, 4U, 5U));
  EXPECT_EQ(fleet.join().counters().versions_evicted, 2U);
  EXPECT_EQ(fleet.join().evidence_rows(), 4U);
}

TEST(JoinLimits, StrangersSerialsGoBeforeAnyVersion) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_versions_of_zone, 3));
  fleet.see({notify(kIncoming, 1, 0), notify(kIncoming, 2, 10)});
  for (std::uint32_t serial = 100; serial < 200; ++serial) fleet.see({notify(kStranger, serial, serial)});
  EXPECT_THAT(fleet.serials(), ElementsAre(1U, 2U));
  EXPECT_EQ(fleet.join().counters().versions_evicted, 99U);
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
}

TEST(JoinLimits, StrangersRowsAreBoundedOverAllZones) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_unknown_rows, 4));
  fleet.see({notify(kIncoming, 1, 0)});
  const std::string before = describe(fleet.join());
  for (int i = 0; i < 4; ++i) fleet.see({in_zone("z" + std::to_string(i) + ".at", notify(kStranger, 1, i))});
  EXPECT_EQ(fleet.join().evidence_rows(), 5U);
  EXPECT_EQ(fleet.join().counters().unknown_rows_evicted, 0U);
  for (int i = 4; i < 50; ++i) fleet.see({in_zone("z" + std::to_string(i) + ".at", notify(kStranger, 1, i))});
  EXPECT_EQ(fleet.join().evidence_rows(), 5U);
  EXPECT_EQ(fleet.join().counters().unknown_rows_evicted, 46U);
  EXPECT_EQ(describe(fleet.join()), before);
}

TEST(JoinLimits, StrangersRowsGoneWithTheirVersionsCountNoMore) {
  JoinLimits limits;
  limits.max_versions_of_zone = 3;
  limits.max_unknown_rows = 10;
  Scenario fleet(fleet_rows(), limits);
  for (std::uint32_t serial = 100; serial < 200; ++serial) fleet.see({notify(kStranger, serial, serial)});
  EXPECT_EQ(fleet.join().counters().versions_evicted, 97U);
  EXPECT_EQ(fleet.join().counters().unknown_rows_evicted, 0U);
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
}

// An answer to a NOTIFY of the incoming node that itself was not seen.
Event answer_alone(std::uint32_t serial, std::int64_t time) {
  Notify body;
  body.response = true;
  body.request_serial = Serial(serial);
  Event seen = event(kStranger, time, body);
  seen.destination.address = address(kIncoming);
  return seen;
}

TEST(JoinLimits, AnswersAloneGoBeforeAnyVersion) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_versions_of_zone, 3));
  fleet.see({notify(kIncoming, 1, 0), notify(kIncoming, 2, 10)});
  for (std::uint32_t serial = 100; serial < 200; ++serial) fleet.see({answer_alone(serial, serial)});
  EXPECT_THAT(fleet.serials(), ElementsAre(1U, 2U));
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
}

TEST(JoinForget, ForgetsAnswersAlone) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 1, 0), answer_alone(2, 10), notify(kIncoming, 3, 20), answer_alone(3, 21)});
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
  fleet.join().forget_versions_before(at(20));
  EXPECT_THAT(fleet.serials(), ElementsAre(3U));
  EXPECT_EQ(fleet.join().evidence_rows(), 1U);
}

TEST(JoinLimits, ZonesLeastRecentlySeenGo) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_zones, 2));
  fleet.see({in_zone("a.at", notify(kIncoming, 1, 0)), in_zone("b.at", notify(kIncoming, 1, 10)),
             in_zone("a.at", notify(kIncoming, 1, 20))});
  EXPECT_EQ(fleet.join().counters().zones_evicted, 0U);
  fleet.see({in_zone("c.at", notify(kIncoming, 1, 30))});
  EXPECT_THAT(fleet.serials("a.at"), ElementsAre(1U));
  EXPECT_THAT(fleet.serials("b.at"), IsEmpty());
  EXPECT_THAT(fleet.serials("c.at"), ElementsAre(1U));
  EXPECT_EQ(fleet.join().counters().zones_evicted, 1U);
  EXPECT_EQ(fleet.join().evidence_rows(), 2U);
}

TEST(JoinLimits, OldestVersionsGoWhenThereAreTooManyRows) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_rows, 3));
  fleet.see({in_zone("a.at", notify(kIncoming, 1, 0)), in_zone("a.at", notify(kIncoming, 2, 10)),
             in_zone("b.at", notify(kIncoming, 1, 20))});
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
  fleet.see({in_zone("b.at", notify(kIncoming, 2, 30))});
  EXPECT_EQ(fleet.join().evidence_rows(), 3U);
  EXPECT_THAT(fleet.serials("a.at"), ElementsAre(2U));
  EXPECT_EQ(fleet.join().counters().versions_evicted, 1U);
}

TEST(JoinLimits, SourcesLeastRecentlySeenGo) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_unknown_sources, 2));
  fleet.see({notify("192.0.2.1", 5, 0), notify("192.0.2.2", 5, 10), notify("192.0.2.1", 5, 20)});
  EXPECT_EQ(fleet.join().counters().sources_evicted, 0U);
  fleet.see({notify("192.0.2.3", 5, 30)});
  const auto sources = fleet.join().unknown_sources();
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].address, address("192.0.2.1"));
  EXPECT_EQ(sources[1].address, address("192.0.2.3"));
  EXPECT_EQ(fleet.join().counters().sources_evicted, 1U);
}

// Addresses without evidence are forgotten, those with evidence keep theirs.
TEST(JoinLimits, ManySpoofedAddressesDoNotDisturbOthers) {
  Scenario fleet(fleet_rows(), few(&JoinLimits::max_unknown_rows, 1000));
  fleet.see({notify(kCustomer, 5, 0), served(kVienna1, 5, 10)});
  const std::string before = describe(fleet.join());
  std::size_t memory = 0;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    Event spoofed = notify(kStranger, 1000 + i, 20 + i);
    std::array<std::byte, 4> bytes{std::byte{192}, static_cast<std::byte>(i >> 16), static_cast<std::byte>(i >> 8),
                                   static_cast<std::byte>(i)};
    spoofed.source.address = IpAddress::v4(bytes);
    fleet.join().consume(spoofed);
    if (i == 100'000) memory = fleet.join().memory_bytes();
  }
  EXPECT_EQ(describe(fleet.join()), before);
  EXPECT_LE(fleet.join().evidence_rows(), 1002U);
  EXPECT_LE(fleet.join().memory_bytes(), memory + memory / 2);
}

TEST(JoinForget, DropsVersionsFirstSeenBefore) {
  Scenario fleet;
  fleet.see({notify(kIncoming, 1, 0), served(kVienna1, 1, 500), notify(kIncoming, 2, 100),
             in_zone("a.at", notify(kIncoming, 1, 99))});
  EXPECT_EQ(fleet.join().forget_versions_before(at(0)), 0U);
  EXPECT_EQ(fleet.join().forget_versions_before(at(100)), 2U);
  EXPECT_THAT(fleet.serials(), ElementsAre(2U));
  EXPECT_THAT(fleet.serials("a.at"), IsEmpty());
  EXPECT_EQ(fleet.join().evidence_rows(), 1U);
  EXPECT_EQ(fleet.join().counters().versions_evicted, 0U);
  fleet.see({served(kVienna1, 2, 600)});
  EXPECT_EQ(fleet.row(2, kVienna1)->live_at, at(600));
}

}  // namespace
}  // namespace zonelag::aggregator
