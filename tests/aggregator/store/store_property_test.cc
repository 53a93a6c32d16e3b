// Whatever is written comes back: random changes, in several batches, of several days.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "aggregator/partition.h"
#include "aggregator/store/postgres.h"
#include "batch.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

using Key = std::pair<std::string, std::uint32_t>;  // zone, serial

// What the tables should hold.
struct Model {
  struct Version {
    VersionChange change;
    std::map<std::string, StoredEvidence> evidence;
    std::map<std::string, NodeRow> rows;
  };
  std::map<Key, Version> versions;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t limit) { return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(engine_); }
  bool maybe() { return below(2) == 0; }
  Timestamp time() { return kNoon + std::chrono::nanoseconds(below(6 * 86'400'000'000'000) - 3 * 86'400'000'000'000); }
  std::optional<Duration> lag() {
    if (maybe()) return std::nullopt;
    return Duration(below(20'000'000'000'000) - 10'000'000'000'000);
  }
  std::optional<Timestamp> some_time() { return maybe() ? std::optional(time()) : std::nullopt; }
  std::string node() { return fmt::format("n{}", below(8)); }
  std::string sensor() { return maybe() ? "" : fmt::format("sensor {}", below(5)); }
  std::string text() {
    constexpr const char* kTexts[] = {"", "vie", "N\xc3\xbcrnberg", "it's \\ \"{quoted}\", NULL", "\t\n"};
    return kTexts[below(std::size(kTexts))];
  }

 private:
  std::mt19937_64 engine_;
};

StoredEvidence random_evidence(Random& random, const Key& key, const std::string& srcip) {
  StoredEvidence row;
  row.zone = zone(key.first);
  row.serial = Serial(key.second);
  row.srcip = srcip;
  row.hostname = random.maybe() ? random.node() : "";
  for (auto& fact : row.facts) {
    if (random.maybe()) continue;
    fact = StoredFact{random.time(), random.sensor(), std::nullopt};
    if (random.maybe()) fact->clock_error = std::chrono::microseconds(random.below(5'000'000));
  }
  for (std::int64_t left = random.below(5); left > 0; --left) {
    row.lowers.push_back({random.time(), Serial(static_cast<std::uint32_t>(random.below(0x1'0000'0000)))});
  }
  row.receptions = static_cast<std::uint8_t>(random.below(4));
  return row;
}

NodeRow random_node(Random& random, const Key& key, const std::string& srcip) {
  NodeRow row;
  row.zone = zone(key.first);
  row.serial = Serial(key.second);
  row.srcip = srcip;
  row.hostname = random.maybe() ? random.node() : "";
  row.loc = random.text();
  row.dsc_name = random.text();
  row.role = static_cast<Role>(random.below(5));
  row.status = static_cast<NodeStatus>(random.below(3));
  row.live_at = random.time();
  row.not_before = random.some_time();
  row.basis = static_cast<Basis>(1 + random.below(4));
  if (random.maybe()) row.superseded_by = Serial(static_cast<std::uint32_t>(random.below(0x1'0000'0000)));
  row.received_at = random.some_time();
  row.announced_at = random.some_time();
  row.offered_at = random.some_time();
  row.served_at = random.some_time();
  row.customer_lag = random.lag();
  row.incoming_lag = random.lag();
  row.distribution_lag = random.lag();
  row.clock_error = random.lag();
  if (random.maybe()) row.unknown_references = {Role::customer, Role::distribution};
  return row;
}

void random_version(Random& random, const Key& key, VersionChange& change) {
  VersionRow& row = change.row;
  row.zone = zone(key.first);
  row.serial = Serial(key.second);
  change.key_hash = key_hash(key.first);
  change.inventory = static_cast<std::uint64_t>(random.below(std::numeric_limits<std::int64_t>::max())) * 2 + 1;
  row.first_seen = random.time();
  change.last_evidence = random.time();
  row.delta1 = random.lag();
  row.delta3 = {random.lag(), random.lag(), random.lag(), random.lag(), random.lag()};
  row.incoming_lag = {random.lag(), random.lag(), random.lag(), random.lag(), random.lag()};
  row.ns_count = static_cast<std::uint32_t>(random.below(100));
  row.verdict = static_cast<Verdict>(random.below(5));
  change.open_nodes.clear();
  for (std::int64_t n = 0; n < 8; ++n) {
    if (random.below(4) == 0) change.open_nodes.push_back(fmt::format("n{}", n));
  }
  change.verdicts.clear();
  for (std::int64_t left = random.below(3); left > 0; --left) {
    change.verdicts.push_back(
        {fmt::format("policy {}", left), static_cast<Verdict>(random.below(5)), random.lag(), random.lag()});
  }
}

// Some versions new, some changed; of their nodes the same.
Changes random_changes(Random& random, Model& model) {
  Changes changes;
  for (int step = 0; step < 40; ++step) {
    const Key key{fmt::format("zone{}.example", random.below(12)), static_cast<std::uint32_t>(random.below(6))};
    if (std::ranges::any_of(changes.versions,
                            [&](const auto& c) { return Key(c.row.zone.to_text(), c.row.serial.value()) == key; }))
      continue;
    const bool is_new = !model.versions.contains(key);
    Model::Version& version = model.versions[key];
    random_version(random, key, version.change);
    version.change.write = is_new ? Write::insert : Write::update;
    if (is_new) version.change.day = std::chrono::floor<std::chrono::days>(version.change.row.first_seen);
    changes.versions.push_back(version.change);
    for (int n = 0; n < 6; ++n) {
      const std::string srcip = fmt::format("10.0.0.{}", n);
      if (random.maybe()) {
        const auto [at, fresh] = version.evidence.insert_or_assign(srcip, random_evidence(random, key, srcip));
        changes.evidence.push_back({fresh ? Write::insert : Write::update, version.change.day, at->second});
      }
      if (random.below(8) == 0 && version.rows.erase(srcip) == 1) {
        changes.removed_nodes.push_back({zone(key.first), Serial(key.second), version.change.day, srcip});
      } else if (random.maybe()) {
        const auto [at, fresh] = version.rows.insert_or_assign(srcip, random_node(random, key, srcip));
        changes.nodes.push_back({fresh ? Write::insert : Write::update, version.change.day, at->second});
      }
    }
  }
  return changes;
}

void expect_version(const Model::Version& wrote, StoredVersion& stored) {
  EXPECT_EQ(stored.day, wrote.change.day);
  EXPECT_EQ(stored.inventory, wrote.change.inventory);
  EXPECT_EQ(stored.first_seen, wrote.change.row.first_seen);
  EXPECT_EQ(stored.last_evidence, wrote.change.last_evidence);
  EXPECT_EQ(stored.verdict, wrote.change.row.verdict);
  EXPECT_EQ(stored.open_nodes, wrote.change.open_nodes);
  std::vector<std::string> rows;
  for (const auto& [srcip, row] : wrote.rows) rows.push_back(srcip);
  std::ranges::sort(stored.rows);
  EXPECT_EQ(stored.rows, rows);
  std::vector<StoredEvidence> evidence;
  for (const auto& [srcip, row] : wrote.evidence) evidence.push_back(row);
  std::ranges::sort(stored.evidence, {}, &StoredEvidence::srcip);
  EXPECT_EQ(stored.evidence, evidence);
}

void expect_all(const Model& model, std::vector<StoredZone> zones) {
  std::size_t found = 0;
  for (StoredZone& one : zones) {
    for (StoredVersion& version : one.versions) {
      const Key key(one.zone.to_text(), version.serial.value());
      SCOPED_TRACE(fmt::format("{} {}", key.first, key.second));
      ASSERT_TRUE(model.versions.contains(key));
      expect_version(model.versions.at(key), version);
      ++found;
    }
  }
  EXPECT_EQ(found, model.versions.size());
}

TEST(StoreProperty, WhatIsWrittenComesBack) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    SCOPED_TRACE(seed);
    const Database database;
    PostgresStore store(database.service());
    ASSERT_TRUE(store.adopt(kZero, 1));
    Random random(seed);
    Model model;
    std::int64_t offset = -1;
    for (int batch = 0; batch < 8; ++batch, ++offset) {
      ASSERT_TRUE(commit(store, offset, offset + 1, random_changes(random, model)));
    }
    std::vector<WantedZone> wanted;
    for (const auto& [key, version] : model.versions) {
      if (wanted.empty() || wanted.back().zone != zone(key.first)) wanted.push_back({.zone = zone(key.first)});
      wanted.back().serials.emplace_back(key.second);
    }
    expect_all(model, load(store, offset, wanted));
    // A store that knows nothing yet reads the same.
    PostgresStore other(database.service());
    expect_all(model, open_zones(other, kNoon - std::chrono::days(10), kNoon - std::chrono::days(10)));
    std::size_t verdicts = 0;
    std::size_t rows = 0;
    for (const auto& [key, version] : model.versions) {
      verdicts += version.change.verdicts.size();
      rows += version.rows.size();
    }
    EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.verdicts"), std::to_string(verdicts));
    EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.serials"), std::to_string(rows));
  }
}

}  // namespace
}  // namespace zonelag::aggregator
