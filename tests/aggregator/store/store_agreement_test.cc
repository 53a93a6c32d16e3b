// What the ledger asks of PostgreSQL and of the MemoryStore, which states what a ledger may rest on, has the same
// answers from both, whatever came before.
#include <gtest/gtest.h>

#include <algorithm>

#include "aggregator/store/postgres.h"
#include "database.h"
#include "ledger_harness.h"
#include "random_events.h"

namespace zonelag::aggregator {
namespace {

std::string describe(const StoredZone& zone) {
  std::string text = zone.zone.to_text() + " since " + std::to_string(zone.since.time_since_epoch().count()) + " open:";
  for (const std::string& node : zone.open_elsewhere) text += " " + node;
  for (const StoredVersion& version : zone.versions) {
    for (const auto number : {std::int64_t{version.serial.value()}, static_cast<std::int64_t>(version.inventory),
                              static_cast<std::int64_t>(version.day.time_since_epoch().count()),
                              static_cast<std::int64_t>(version.first_seen.time_since_epoch().count()),
                              static_cast<std::int64_t>(version.last_evidence.time_since_epoch().count()),
                              static_cast<std::int64_t>(version.verdict)}) {
      text += (number == version.serial.value() ? "\n  " : " ") + std::to_string(number);
    }
    text += " rows:";
    for (const std::string& row : version.rows) text += " " + row;
    text += " open:";
    for (const std::string& node : version.open_nodes) text += " " + node;
  }
  return text;
}

void sort(StoredZone& zone) {
  std::ranges::sort(zone.open_elsewhere);
  std::ranges::sort(zone.versions, {}, [](const StoredVersion& version) { return version.serial.value(); });
  for (StoredVersion& version : zone.versions) {
    std::ranges::sort(version.rows);
    std::ranges::sort(version.open_nodes);
    std::ranges::sort(version.evidence, {}, &StoredEvidence::srcip);
  }
}

// Compares, after sorting both.
void expect_same(StoredZone memory, StoredZone postgres) {
  sort(memory);
  sort(postgres);
  ASSERT_EQ(describe(postgres), describe(memory));
  for (std::size_t i = 0; i < memory.versions.size(); ++i) {
    EXPECT_EQ(postgres.versions[i].evidence, memory.versions[i].evidence);
  }
}

struct Answers {
  std::size_t zones = 0;
  std::size_t versions = 0;
  std::size_t anchors = 0;

  void count(const StoredZone& zone) {
    ++zones;
    versions += zone.versions.size();
    anchors += static_cast<std::size_t>(std::ranges::count(zone.versions, 0U, &StoredVersion::inventory));
  }
};

// Does everything in both. Faults are the MemoryStore's; what it answers, counts.
class BothStores final : public Store {
 public:
  BothStores(MemoryStore& memory, const DatabaseConfig& config, Answers& loaded, Answers& opened)
      : memory_(memory), postgres_(config), loaded_(loaded), opened_(opened) {}

  Stored<std::vector<PartitionState>> adopt(std::span<const std::int32_t> partitions, std::int32_t layout) override {
    return both([&](Store& store) { return store.adopt(partitions, layout); });
  }
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take) override {
    std::map<ZoneName, StoredZone> found;
    const auto read = postgres_.open_zones(partitions, layout, since, settled_since,
                                           [&](StoredZone&& zone) { found[zone.zone] = zone; });
    EXPECT_TRUE(read) << (read ? "" : read.error().text);
    const auto done = memory_.open_zones(partitions, layout, since, settled_since, [&](StoredZone&& zone) {
      EXPECT_TRUE(found.contains(zone.zone)) << zone.zone.to_text();
      expect_same(zone, found[zone.zone]);
      found.erase(zone.zone);
      opened_.count(zone);
      take(std::move(zone));
    });
    EXPECT_TRUE(found.empty()) << describe(found.begin()->second);
    return done;
  }
  Stored<std::vector<OutboxEntry>> pending(std::span<const std::int32_t> partitions) override {
    return memory_.pending(partitions);
  }
  Stored<std::uint64_t> begin(std::span<const ConsumedRange> ranges) override {
    return both([&](Store& store) { return store.begin(ranges); });
  }
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted) override {
    auto zones = memory_.load(wanted);
    if (!zones) return zones;
    const auto others = postgres_.load(wanted);
    EXPECT_TRUE(others) << (others ? "" : others.error().text);
    if (!others) return others;
    for (std::size_t i = 0; i < zones->size(); ++i) {
      StoredZone& zone = (*zones)[i];
      if (!wanted[i].zone_is_new) zone.open_elsewhere.clear();  // nobody asked
      expect_same(zone, (*others)[i]);
      loaded_.count(zone);
    }
    return zones;
  }
  Stored<void> write(const Changes& changes) override {
    return both([&](Store& store) { return store.write(changes); });
  }
  Stored<std::optional<std::int64_t>> write_outbox(std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                   std::span<const std::int64_t> sent) override {
    return memory_.write_outbox(partition, messages, sent);
  }
  Stored<void> commit() override {
    return both([](Store& store) { return store.commit(); });
  }
  void rollback() override {
    memory_.rollback();
    postgres_.rollback();
  }
  Stored<std::optional<Timestamp>> latest() override {
    return both([](Store& store) { return store.latest(); });
  }
  Stored<InventoryRows> inventory() override { return memory_.inventory(); }
  Stored<std::vector<ServiceChange>> services() override { return memory_.services(); }
  Stored<std::vector<SensorChange>> sensors() override { return memory_.sensors(); }

 private:
  auto both(auto work) -> decltype(work(std::declval<Store&>())) {
    auto done = work(memory_);
    if (!done) return done;
    const auto other = work(postgres_);
    EXPECT_TRUE(other) << (other ? "" : other.error().text);
    return done;
  }

  MemoryStore& memory_;
  PostgresStore postgres_;
  Answers& loaded_;
  Answers& opened_;
};

LedgerSettings small_settings() {
  LedgerSettings settings;
  settings.horizon = ms(30);
  settings.settled = ms(5);
  return settings;
}

void run(const Database& database, std::uint32_t seed, const Mishaps& mishaps, Answers& loaded, Answers& opened) {
  database.run(
      "TRUNCATE tlddns.versions, tlddns.serial_rows, tlddns.evidence, tlddns.verdicts, tlddns.transfers, "
      "tlddns.candidates, tlddns.service_changes, tlddns.sensor_blind_times, tlddns.kafka_offsets");
  RandomEvents random(seed);
  const std::vector<Event> events = random.take(20 + random.below(200));
  LedgerHarness harness(*Inventory::build(property_fleet()), small_settings(), [&](MemoryStore& memory) {
    return std::make_unique<BothStores>(memory, database.service(), loaded, opened);
  });
  run_with_mishaps(events, mishaps, seed, harness);
  const auto count = [&](const char* table) {
    return std::stoul(database.value(std::string("SELECT count(*) FROM tlddns.") + table));
  };
  std::size_t verdicts = 0;
  for (const auto& [key, version] : harness.database().tables.versions) verdicts += version.verdicts.size();
  EXPECT_EQ(count("verdicts"), verdicts);
  EXPECT_EQ(count("versions"), harness.database().tables.versions.size());
  EXPECT_EQ(count("serials"), harness.database().tables.rows.size());
}

TEST(StoreAgreement, OnWhateverTheLedgerAsks) {
  const Database database;
  Answers loaded;
  Answers opened;
  for (std::uint32_t seed = 0; seed < 24 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const bool in_order = seed % 3 == 0;
    run(database, seed,
        {.in_order = in_order, .repeats = 30, .crash_percent = in_order ? 0U : 20U, .close_percent = 50}, loaded,
        opened);
  }
  // It was asked.
  EXPECT_GT(loaded.zones, 100U);
  EXPECT_GT(loaded.versions, 100U);
  EXPECT_GT(loaded.anchors, 0U);
  EXPECT_GT(opened.versions, 100U);
}

}  // namespace
}  // namespace zonelag::aggregator
