#include "evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "join_scenario.h"
#include "slot_table.h"

namespace zonelag::aggregator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr KeyedHash kHash(1, 2);
constexpr std::uint8_t kAnnounced = 1U << 0;
constexpr std::uint8_t kServed = 1U << 2;

class ZoneEvidenceTest : public testing::Test {
 protected:
  Sighting sighting(std::uint32_t serial, std::uint32_t node, std::int64_t time, std::string_view sensor = "a",
                    std::optional<Duration> error = std::nullopt) {
    Sighting result;
    result.serial = Serial(serial);
    result.node = NodeIndex{node};
    result.kinds = kServed;
    result.fact = {at(time), sensors_.index_of(sensor), to_clock_error(error)};
    return result;
  }
  bool add(const Sighting& what) { return evidence_.add(what, sensors_, kHash); }
  const Fact& served() const { return evidence_.rows()[0].fact(EvidenceKind::served); }
  std::vector<LowerBound> lowers(std::size_t row = 0) const {
    std::vector<LowerBound> bounds;
    evidence_.for_each_lower(evidence_.rows()[row], [&](const LowerBound& bound) { bounds.push_back(bound); });
    return bounds;
  }
  bool add_lower(std::int64_t time, std::uint32_t serial, std::uint32_t of = 10) {
    Sighting what = sighting(of, 1, 1000);
    what.lower = LowerBound{at(time), Serial(serial)};
    return add(what);
  }

  SensorNames sensors_{kHash};
  ZoneEvidence evidence_{zone()};
};

TEST_F(ZoneEvidenceTest, ARowIsNewOnce) {
  EXPECT_TRUE(add(sighting(5, 1, 0)));
  EXPECT_FALSE(add(sighting(5, 1, 0)));
  EXPECT_TRUE(add(sighting(5, 2, 0)));
  EXPECT_TRUE(add(sighting(6, 1, 0)));
  EXPECT_EQ(evidence_.rows().size(), 3U);
  EXPECT_EQ(evidence_.versions(), 2U);
}

TEST_F(ZoneEvidenceTest, KindsAreKeptApart) {
  Sighting announced = sighting(5, 1, 30);
  announced.kinds = kAnnounced;
  add(announced);
  add(sighting(5, 1, 10));
  const EvidenceRow& row = evidence_.rows()[0];
  EXPECT_EQ(row.fact(EvidenceKind::announced).time, at(30));
  EXPECT_EQ(row.fact(EvidenceKind::served).time, at(10));
  EXPECT_FALSE(row.fact(EvidenceKind::offered).seen());
  EXPECT_FALSE(row.fact(EvidenceKind::received).seen());
  EXPECT_EQ(row.first_seen(), at(10));
}

TEST_F(ZoneEvidenceTest, TheEarlierFactStays) {
  add(sighting(5, 1, 20, "a"));
  add(sighting(5, 1, 21, "b", ms(0)));
  EXPECT_EQ(sensors_.name(served().sensor), "a");
  add(sighting(5, 1, 19, "b", ms(90)));
  EXPECT_EQ(served().time, at(19));
  EXPECT_EQ(sensors_.name(served().sensor), "b");
}

TEST_F(ZoneEvidenceTest, AtOneTimeTheBetterClockThenTheSensorsName) {
  add(sighting(5, 1, 20, "m"));  // clock unknown
  add(sighting(5, 1, 20, "z", ms(9)));
  EXPECT_EQ(sensors_.name(served().sensor), "z");
  add(sighting(5, 1, 20, "y", ms(8)));
  EXPECT_EQ(sensors_.name(served().sensor), "y");
  add(sighting(5, 1, 20, "b", ms(8)));  // interned after "y", but before it by name
  EXPECT_EQ(sensors_.name(served().sensor), "b");
  add(sighting(5, 1, 20, "y", ms(8)));
  EXPECT_EQ(sensors_.name(served().sensor), "b");
  EXPECT_EQ(to_duration(served().error), ms(8));
}

TEST_F(ZoneEvidenceTest, TheFourLatestLowerBoundsAreKept) {
  const auto bound = [](std::int64_t time, std::uint32_t serial) { return LowerBound{at(time), Serial(serial)}; };
  add_lower(10, 1);
  add_lower(30, 3);
  add_lower(10, 1);
  add_lower(20, 2);
  EXPECT_THAT(lowers(), ElementsAre(bound(30, 3), bound(20, 2), bound(10, 1)));
  add_lower(15, 9);
  EXPECT_THAT(lowers(), ElementsAre(bound(30, 3), bound(20, 2), bound(15, 9), bound(10, 1)));
  add_lower(12, 7);
  EXPECT_THAT(lowers(), ElementsAre(bound(30, 3), bound(20, 2), bound(15, 9), bound(12, 7)));
  add_lower(5, 5);
  add_lower(30, 2);  // the same time, another serial
  EXPECT_THAT(lowers(), ElementsAre(bound(30, 3), bound(30, 2), bound(20, 2), bound(15, 9)));
}

TEST_F(ZoneEvidenceTest, LowerBoundsBelongToTheirRow) {
  for (std::uint32_t version = 10; version < 13; ++version) {
    for (std::uint32_t i = 0; i < 3; ++i) add_lower(version * 10 + i, i, version);
  }
  evidence_.keep_if([](const EvidenceRow& row) { return row.serial != Serial(11); }, kHash);
  ASSERT_EQ(evidence_.rows().size(), 2U);
  EXPECT_THAT(lowers(0), ElementsAre(LowerBound{at(102), Serial(2)}, LowerBound{at(101), Serial(1)},
                                     LowerBound{at(100), Serial(0)}));
  EXPECT_THAT(lowers(1), ElementsAre(LowerBound{at(122), Serial(2)}, LowerBound{at(121), Serial(1)},
                                     LowerBound{at(120), Serial(0)}));
  add_lower(123, 3, 12);
  EXPECT_EQ(lowers(1).size(), 4U);
  EXPECT_EQ(lowers(0).size(), 3U);
}

TEST_F(ZoneEvidenceTest, MergingDoesNotDependOnOrder) {
  std::vector<Sighting> sightings;
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  for (int i = 0; i < 2000; ++i) {
    Sighting what =
        sighting(below(6), below(9), below(5), std::string(1, static_cast<char>('a' + below(4))), ms(below(3)));
    what.kinds = static_cast<std::uint8_t>(1 + below(15));
    if (below(2) == 0) what.lower = LowerBound{at(below(9)), Serial(below(4))};
    sightings.push_back(what);
  }
  const auto content = [&](const std::vector<Sighting>& all) {
    ZoneEvidence evidence(zone());
    for (const Sighting& what : all) evidence.add(what, sensors_, kHash);
    std::vector<std::vector<std::int64_t>> rows;
    for (const EvidenceRow& row : evidence.rows()) {
      std::vector<std::int64_t> fields{row.serial.value(), static_cast<std::int64_t>(row.node)};
      for (const Fact& fact : row.facts) {
        fields.insert(fields.end(), {fact.time.time_since_epoch().count(), static_cast<std::int64_t>(fact.sensor),
                                     static_cast<std::int64_t>(fact.error)});
      }
      evidence.for_each_lower(row, [&](const LowerBound& bound) {
        fields.insert(fields.end(), {bound.time.time_since_epoch().count(), bound.serial.value()});
      });
      rows.push_back(fields);
    }
    std::ranges::sort(rows);
    return rows;
  };
  const auto expected = content(sightings);
  EXPECT_EQ(expected.size(), 54U);
  for (int round = 0; round < 20; ++round) {
    std::ranges::shuffle(sightings, random);
    std::vector<Sighting> repeated = sightings;
    repeated.insert(repeated.end(), sightings.begin(), sightings.begin() + 500);
    EXPECT_EQ(content(repeated), expected);
  }
}

TEST_F(ZoneEvidenceTest, EvictsTheFirstSeenAndUnknownOnesBefore) {
  add(sighting(1, 1, 0));
  add(sighting(2, 1, 10));
  add(sighting(3, 7, 20));
  add(sighting(3, 8, 5));
  const auto known = [](const EvidenceRow& row) { return row.node == NodeIndex{1}; };
  EXPECT_EQ(evidence_.evict_versions(1, known, kHash), 1U);
  EXPECT_EQ(evidence_.rows().size(), 2U);
  EXPECT_EQ(evidence_.evict_versions(1, known, kHash), 1U);
  ASSERT_EQ(evidence_.rows().size(), 1U);
  EXPECT_EQ(evidence_.rows()[0].serial, Serial(2));
  EXPECT_FALSE(add(sighting(2, 1, 11)));
  EXPECT_TRUE(add(sighting(1, 1, 12)));
}

TEST_F(ZoneEvidenceTest, CountsItsMemory) {
  const std::size_t empty = evidence_.memory_bytes();
  for (std::uint32_t node = 0; node < 50; ++node) add(sighting(5, node, 0));
  const std::size_t full = evidence_.memory_bytes() - empty;
  EXPECT_GE(full, 50 * sizeof(EvidenceRow));
  EXPECT_LE(full, 50U * 130U);
}

TEST(ClockErrors, AreWholeMicrosecondsRoundedUp) {
  EXPECT_EQ(to_duration(to_clock_error(Duration(0))), Duration(0));
  EXPECT_EQ(to_duration(to_clock_error(Duration(1))), Duration(1000));
  EXPECT_EQ(to_duration(to_clock_error(Duration(1000))), Duration(1000));
  EXPECT_EQ(to_duration(to_clock_error(std::nullopt)), std::nullopt);
  EXPECT_EQ(to_duration(to_clock_error(Duration(-1))), std::nullopt);
  EXPECT_EQ(to_duration(to_clock_error(Duration::max())), std::chrono::microseconds(0xfffffffe));
}

TEST(SensorNamesTest, AreBounded) {
  SensorNames sensors(kHash);
  for (std::uint32_t i = 0; i < SensorNames::kMaxSensors; ++i) sensors.index_of("s" + std::to_string(i));
  EXPECT_EQ(sensors.over_limit(), 0U);
  EXPECT_EQ(sensors.index_of("one too many"), kNoSensor);
  EXPECT_EQ(sensors.index_of("another"), kNoSensor);
  EXPECT_EQ(sensors.over_limit(), 2U);
  EXPECT_EQ(sensors.name(sensors.index_of("s77")), "s77");
  // A fact without sensor comes after one that has one, whatever else is equal.
  const Fact named{at(0), sensors.index_of("s1"), kErrorUnknown};
  const Fact nameless{at(0), kNoSensor, kErrorUnknown};
  EXPECT_TRUE(sensors.earlier(named, nameless));
  EXPECT_FALSE(sensors.earlier(nameless, named));
  EXPECT_FALSE(sensors.earlier(nameless, nameless));
}

TEST(SlotTableTest, FindsWhatWasAppendedWhateverCollides) {
  // All hashes equal: only the owner's comparison tells keys apart.
  std::vector<int> keys;
  SlotTable slots;
  const auto hash_of = [](std::uint32_t) { return std::uint64_t{0xabcdef0123456789}; };
  for (int key = 0; key < 200; ++key) {
    keys.push_back(key);
    slots.append(hash_of(0), hash_of);
  }
  for (int key = 0; key < 200; ++key) {
    EXPECT_EQ(slots.find(hash_of(0), [&](std::uint32_t i) { return keys[i] == key; }), static_cast<std::uint32_t>(key));
  }
  EXPECT_EQ(slots.find(hash_of(0), [&](std::uint32_t i) { return keys[i] == 200; }), SlotTable::kNone);
  EXPECT_EQ(SlotTable().find(1, [](std::uint32_t) { return true; }), SlotTable::kNone);
}

TEST(SlotTableTest, IsRebuiltToFewer) {
  std::vector<std::uint32_t> keys;
  SlotTable slots;
  const auto hash_of = [&](std::uint32_t i) { return kHash(keys[i], 0); };
  for (std::uint32_t key = 0; key < 1000; ++key) {
    keys.push_back(key);
    slots.append(kHash(key, 0), hash_of);
  }
  std::erase_if(keys, [](std::uint32_t key) { return key % 3 != 0; });
  slots.rebuild(static_cast<std::uint32_t>(keys.size()), hash_of);
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const std::uint32_t found = slots.find(kHash(key, 0), [&](std::uint32_t i) { return keys[i] == key; });
    EXPECT_EQ(found, key % 3 == 0 ? key / 3 : SlotTable::kNone);
  }
}

}  // namespace
}  // namespace zonelag::aggregator
