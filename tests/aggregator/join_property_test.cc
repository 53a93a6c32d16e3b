// The outcome is a function of the set of events: not of their order, nor of how often each came (design, section 4).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "random_events.h"

namespace zonelag::aggregator {
namespace {

std::string outcome(const Inventory& inventory, const std::vector<Event>& events) {
  Join join(inventory);
  for (const Event& seen : events) join.consume(seen);
  return describe(join);
}

void expect_order_does_not_matter(const InventoryRows& rows, std::uint32_t seed) {
  const Inventory inventory = *Inventory::build(rows);
  RandomEvents random(seed);
  const std::vector<Event> events = random.take(20 + random.below(400));
  const std::string expected = outcome(inventory, events);
  ASSERT_FALSE(expected.empty());
  std::vector<Event> reversed(events.rbegin(), events.rend());
  EXPECT_EQ(outcome(inventory, reversed), expected);
  EXPECT_EQ(outcome(inventory, random.shuffled(events)), expected);
  std::vector<Event> repeated = events;
  for (std::uint32_t i = 0; i < 200; ++i)
    repeated.push_back(events[random.below(static_cast<std::uint32_t>(events.size()))]);
  EXPECT_EQ(outcome(inventory, random.shuffled(repeated)), expected);
}

TEST(JoinProperty, OrderAndRepetitionDoNotMatter) {
  for (std::uint32_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_order_does_not_matter(property_fleet(), seed);
  }
}

TEST(JoinProperty, NorWithoutInventory) {
  for (std::uint32_t seed = 1000; seed < 1050 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_order_does_not_matter({}, seed);
  }
}

// Two streams, each in its own order, joined in any interleaving; and rows asked for in between change nothing.
TEST(JoinProperty, SplitStreamsMeet) {
  const Inventory inventory = *Inventory::build(property_fleet());
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    RandomEvents random(seed);
    const std::vector<Event> events = random.take(200);
    std::array<std::vector<Event>, 2> streams;
    for (const Event& seen : events) streams[random.below(2)].push_back(seen);
    Join join(inventory);
    std::array<std::size_t, 2> at{};
    while (at[0] < streams[0].size() || at[1] < streams[1].size()) {
      std::size_t side = random.below(2);
      if (at[side] == streams[side].size()) side = 1 - side;
      join.consume(streams[side][at[side]++]);
      if (random.below(20) == 0) describe(join);
    }
    ASSERT_EQ(describe(join), outcome(inventory, events)) << seed;
  }
}

// What holds for every row, whatever the events.
void expect_sound(const VersionRow& version) {
  std::uint32_t open = 0;
  std::set<std::string> sources;
  for (const NodeRow& row : version.nodes) {
    EXPECT_TRUE(sources.insert(row.srcip).second) << "two rows of " << row.srcip;
    EXPECT_EQ(row.live_at.has_value(), row.basis != Basis::none);
    if (row.not_before) {
      EXPECT_LE(*row.not_before, *row.live_at);
    }
    if (row.superseded_by) {
      EXPECT_TRUE(decoder::is_newer(*row.superseded_by, row.serial));
    }
    if (row.superseded_by && row.role != Role::unknown) {
      EXPECT_GE(*row.live_at, version.first_seen);
    }
    for (const auto& shown : {row.announced_at, row.offered_at, row.served_at}) {
      if (shown) {
        EXPECT_LE(*row.live_at, *shown);
      }
    }
    if (!row.live_at) ++open;
    if (!row.live_at) {
      EXPECT_TRUE(!row.customer_lag && !row.incoming_lag && !row.distribution_lag && !row.clock_error);
    }
  }
  EXPECT_EQ(version.ns_count + version.ns_open, version.ns_expected);
  EXPECT_LE(version.ns_open, open);
}

TEST(JoinProperty, RowsAreSound) {
  const Inventory inventory = *Inventory::build(property_fleet());
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomEvents random(seed);
    Join join(inventory);
    for (const Event& seen : random.take(150)) join.consume(seen);
    join.for_each_version(expect_sound);
  }
}

// A second opinion on live times: section 3's sentences, word by word and slowly, over the events themselves.
struct Reading {
  std::uint32_t serial;
  std::int64_t time;
  int strength;  // 0 announced, 1 offered, 2 served; 3 received
};

// Evidence is the first of each kind: a node that goes on showing a newer serial does not have an older one again and
// again.
std::vector<Reading> firsts(const std::vector<Reading>& all) {
  std::map<std::pair<std::uint32_t, int>, std::int64_t> earliest;
  for (const Reading& reading : all) {
    const auto [held, fresh] = earliest.emplace(std::pair(reading.serial, reading.strength), reading.time);
    if (!fresh) held->second = std::min(held->second, reading.time);
  }
  std::vector<Reading> result;
  for (const auto& [key, time] : earliest) result.push_back({key.first, time, key.second});
  return result;
}

// Announcements that stand alone and that everybody rejected, or that came when the node was known to have a newer
// serial, are not believed.
std::vector<Reading> believed(const std::vector<Reading>& all, const std::map<std::uint32_t, int>& receptions) {
  std::vector<Reading> result;
  for (const Reading& reading : all) {
    const bool proven = std::ranges::any_of(
        all, [&](const Reading& other) { return other.serial == reading.serial && other.strength > 0; });
    const auto reception = receptions.find(reading.serial);
    const bool rejected = reception != receptions.end() && reception->second == 2;
    const bool late = std::ranges::any_of(all, [&](const Reading& other) {
      const std::uint32_t ahead = other.serial - reading.serial;
      return other.strength > 0 && ahead != 0 && ahead < 0x80000000U && other.time < reading.time;
    });
    if (proven || (!rejected && !late)) result.push_back(reading);
  }
  return result;
}

std::vector<Reading> readings(const std::vector<Event>& events, std::string_view name, std::string_view node) {
  std::vector<Reading> all;
  std::map<std::uint32_t, int> receptions;  // 1: accepted, 2: rejected, 3: both
  for (const Event& seen : events) {
    if (seen.zone != zone(name)) continue;
    const std::int64_t time = (seen.captured_at - at(0)).count();
    const bool from = seen.source.address == address(node);
    const auto* sent = std::get_if<decoder::Notify>(&seen.body);
    if (sent != nullptr && sent->response) {
      if (seen.destination.address == address(node))
        receptions[sent->request_serial->value()] |= sent->rcode == 0 ? 1 : 2;
      continue;
    }
    if (sent != nullptr && from && sent->serial) all.push_back({sent->serial->value(), time, 0});
    if (sent != nullptr && from && sent->answered_with) all.push_back({sent->answered_with->value(), time, 0});
    const auto* transfer = std::get_if<decoder::Transfer>(&seen.body);
    if (transfer != nullptr && from && transfer->phase == decoder::TransferPhase::started) {
      all.push_back({transfer->first_serial->value(), time, 1});
    }
    if (transfer != nullptr && seen.destination.address == address(node) && transfer->last_serial &&
        transfer->got != decoder::TransferForm::lone_soa) {
      all.push_back({transfer->last_serial->value(), time, 3});
    }
    const auto* answer = std::get_if<decoder::Served>(&seen.body);
    if (answer != nullptr && from) all.push_back({answer->serial.value(), time, 2});
    if (answer != nullptr && from && answer->via == decoder::ServedVia::soa_answer) {
      all.push_back({answer->serial.value(), time, 1});
    }
  }
  return believed(firsts(all), receptions);
}

std::optional<std::int64_t> slow_live_time(const std::vector<Reading>& all, std::uint32_t serial,
                                           std::int64_t first_seen, bool received) {
  std::optional<std::int64_t> earliest;
  for (const Reading& reading : all) {
    const bool newer = reading.serial != serial && reading.serial - serial < 0x80000000U;
    const bool counts = reading.serial == serial || (newer && reading.time >= first_seen);
    if (!counts || (reading.strength == 3) != received) continue;
    if (!earliest || reading.time < *earliest) earliest = reading.time;
  }
  return earliest;
}

TEST(JoinProperty, LiveTimesAreWhatTheSentencesSay) {
  const Inventory inventory = *Inventory::build(property_fleet());
  std::size_t compared = 0;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    RandomEvents random(seed);
    const std::vector<Event> events = random.take(120);
    Join join(inventory);
    for (const Event& seen : events) join.consume(seen);
    join.for_each_version([&](const VersionRow& version) {
      for (const NodeRow& row : version.nodes) {
        // Nodes with one address each, which is no anycast one.
        if (row.role == Role::unknown || row.hostname == "vie1" || row.hostname == "ams1") continue;
        const auto all = readings(events, version.zone.to_text(), row.srcip);
        const std::int64_t first_seen = (version.first_seen - at(0)).count();
        auto expected = slow_live_time(all, version.serial.value(), first_seen, false);
        if (!expected) expected = slow_live_time(all, version.serial.value(), first_seen, true);
        ASSERT_EQ(row.live_at.has_value(), expected.has_value()) << row.srcip;
        if (expected) {
          ASSERT_EQ((*row.live_at - at(0)).count(), *expected) << row.srcip;
        }
        ++compared;
      }
    });
  }
  EXPECT_GT(compared, 1000U);
}

}  // namespace
}  // namespace zonelag::aggregator
