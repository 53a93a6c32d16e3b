#include "zone_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

constexpr std::size_t kZonesAtOnce = 2'000;  // of open_zones(): some MB of rows
// By how much a version's day may lie before that of its first_seen: evidence that it was first written for may turn
// out not to count.
constexpr std::chrono::days kDayBefore{40};

Verdict parse_verdict(std::string_view text) {
  for (const Verdict verdict : {Verdict::met, Verdict::breached, Verdict::open, Verdict::undecidable}) {
    if (text == to_string(verdict)) return verdict;
  }
  return Verdict::none;
}

std::vector<LowerBound> lower_bounds(std::string_view times, std::string_view serials) {
  const std::vector<std::int64_t> ns = read_int8_array(times);
  const std::vector<std::int64_t> values = read_int8_array(serials);
  std::vector<LowerBound> lowers;
  for (std::size_t i = 0; i < std::min(ns.size(), values.size()); ++i) {
    lowers.push_back({timestamp_of(ns[i]), Serial(static_cast<std::uint32_t>(values[i]))});
  }
  return lowers;
}

// Columns of versions v, as `version_of` reads them.
constexpr const char* kVersion =
    "v.serial, v.day, v.inventory, v.first_seen_ns, v.last_evidence_ns, v.verdict, v.open_nodes";
// Serials of v that are newer than k's (RFC 1982): above it, and from 0 on beyond the end of the circle. Apart, each is
// a range of an index.
constexpr const char* kNewerAbove = "v.serial BETWEEN k.serial + 1 AND k.serial + 2147483647";
constexpr const char* kNewerBeyond = "v.serial <= k.serial - 2147483649";

StoredVersion version_of(const Rows& rows, std::size_t row, std::size_t first_column) {
  const auto field = [&](std::size_t column) { return rows.at(row, first_column + column); };
  StoredVersion version;
  version.serial = Serial(static_cast<std::uint32_t>(read_int(field(0))));
  version.day = read_date(field(1));
  version.inventory = static_cast<std::uint64_t>(read_int(field(2)));
  version.first_seen = timestamp_of(read_int(field(3)));
  version.last_evidence = timestamp_of(read_int(field(4)));
  version.verdict = parse_verdict(field(5));
  version.open_nodes = read_text_array(field(6));
  return version;
}

// Rows of unnest($1, $2, $3): the number of a zone, its name, and a value of either type.
struct Keys {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> names;
  std::vector<std::int64_t> values;
  std::vector<std::string> texts;

  bool empty() const { return numbers.empty(); }
  void add(std::size_t number, const std::string& name) {
    numbers.push_back(static_cast<std::int64_t>(number));
    names.push_back(name);
  }
  void add(std::size_t number, const std::string& name, std::int64_t value) {
    add(number, name);
    values.push_back(value);
  }
  void add(std::size_t number, const std::string& name, const std::string& text) {
    add(number, name);
    texts.push_back(text);
  }
  std::vector<Parameter> parameters() const {
    std::vector<Parameter> all{int8_array(numbers), text_array(names)};
    if (!values.empty()) all.push_back(int8_array(values));
    if (!texts.empty()) all.push_back(text_array(texts));
    return all;
  }
};

Statement with_serial(const Keys& keys) {
  return {fmt::format("SELECT k.n, {} FROM unnest($1, $2, $3) k(n, zone, serial) JOIN tlddns.versions v ON v.zone = "
                      "k.zone AND v.serial = k.serial",
                      kVersion),
          keys.parameters(), Format::binary};
}

Statement with_open_node(const Keys& keys) {
  return {fmt::format("SELECT k.n, {} FROM unnest($1, $2, $3) k(n, zone, node) JOIN tlddns.versions v ON v.zone = "
                      "k.zone AND v.open_nodes <> '{{}}' AND k.node = ANY (v.open_nodes)",
                      kVersion),
          keys.parameters(), Format::binary};
}

// In how many versions of the zone each node is open.
Statement open_counts(const Keys& keys) {
  return {
      "SELECT k.n, o.node, count(*) FROM unnest($1, $2) k(n, zone) JOIN tlddns.versions v ON v.zone = k.zone AND "
      "v.open_nodes <> '{}' CROSS JOIN unnest(v.open_nodes) o(node) GROUP BY 1, 2",
      keys.parameters(), Format::binary};
}

// Newer than a serial: all, if they are at most kNewerWanted; else one more, whichever. Ordinarily nobody is newer, and
// the index tells so at once.
Statement some_newer(const Keys& keys) {
  return {
      fmt::format("SELECT k.n, k.serial, {0} FROM unnest($1, $2, $3) k(n, zone, serial) CROSS JOIN LATERAL (SELECT * "
                  "FROM tlddns.versions v WHERE v.zone = k.zone AND {1} UNION ALL SELECT * FROM tlddns.versions v "
                  "WHERE v.zone = k.zone AND {2} LIMIT {3}) v",
                  kVersion, kNewerAbove, kNewerBeyond, WantedZone::kNewerWanted + 1),
      keys.parameters(), Format::binary};
}

// Where many are newer: the latest first, until there are enough.
Statement latest_newer(const Keys& keys) {
  return {fmt::format("SELECT k.n, {0} FROM unnest($1, $2, $3) k(n, zone, serial) CROSS JOIN LATERAL (SELECT * FROM "
                      "tlddns.versions v WHERE v.zone = k.zone AND ({1} OR {2}) ORDER BY v.last_evidence_ns DESC "
                      "LIMIT {3}) v",
                      kVersion, kNewerAbove, kNewerBeyond, WantedZone::kNewerWanted),
          keys.parameters(), Format::binary};
}

Statement with_evidence_since(const Keys& keys) {
  return {fmt::format("SELECT k.n, {} FROM unnest($1, $2, $3) k(n, zone, ns) JOIN tlddns.versions v ON v.zone = k.zone "
                      "AND v.last_evidence_ns >= k.ns",
                      kVersion),
          keys.parameters(), Format::binary};
}

constexpr const char* kEvidenceOfDay =
    "SELECT k.n, e.srcip, e.hostname, e.receptions, e.lower_ns, e.lower_serial, e.announced_ns, e.announced_sensor, "
    "e.announced_error_us, e.offered_ns, e.offered_sensor, e.offered_error_us, e.served_ns, e.served_sensor, "
    "e.served_error_us, e.received_ns, e.received_sensor, e.received_error_us FROM unnest($1, $2, $3) k(n, zone, "
    "serial) JOIN tlddns.evidence e ON e.zone = k.zone AND e.serial = k.serial AND e.day = $4";
constexpr const char* kRowsOfDay =
    "SELECT k.n, s.srcip FROM unnest($1, $2, $3) k(n, zone, serial) JOIN tlddns.serial_rows s ON s.zone = k.zone AND "
    "s.serial = k.serial AND s.day = $4";

std::size_t number_of(const Rows& rows, std::size_t row) { return static_cast<std::size_t>(read_int(rows.at(row, 0))); }

}  // namespace

void ZoneLoader::Reading::add(StoredVersion&& version) {
  if (taken.insert(version.serial.value()).second) zone.versions.push_back(std::move(version));
}

// One that is wanted for itself: those that it rests on are wanted, too.
void ZoneLoader::Reading::add_found(StoredVersion&& version) {
  zone.since = std::min(zone.since, version.first_seen);
  add(std::move(version));
}

StoredZone ZoneLoader::Reading::finish() && {
  for (const StoredVersion& version : zone.versions) {
    for (const std::string& node : version.open_nodes) {
      if (const auto count = open.find(node); count != open.end()) --count->second;
    }
  }
  for (const auto& [node, count] : open) {
    if (count > 0) zone.open_elsewhere.push_back(node);
  }
  return std::move(zone);
}

Stored<std::vector<StoredZone>> ZoneLoader::load(std::span<const WantedZone> wanted) {
  Readings readings(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    readings[i].zone.zone = wanted[i].zone;
    readings[i].zone.since = wanted[i].since;
    readings[i].name = wanted[i].zone.to_text();
  }
  if (auto found = find_wanted(wanted, readings); !found) return std::unexpected(found.error());
  if (auto added = add_what_they_rest_on(readings); !added) return std::unexpected(added.error());
  if (auto read = read_details(readings); !read) return std::unexpected(read.error());
  std::vector<StoredZone> zones;
  for (Reading& reading : readings) zones.push_back(std::move(reading).finish());
  return zones;
}

Stored<void> ZoneLoader::find_wanted(std::span<const WantedZone> wanted, Readings& readings) {
  Keys serials;
  Keys nodes;
  Keys fresh;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string& name = readings[i].name;
    for (const Serial serial : wanted[i].serials) serials.add(i, name, std::int64_t{serial.value()});
    for (const std::string& node : wanted[i].nodes) nodes.add(i, name, node);
    if (wanted[i].zone_is_new) fresh.add(i, name);
  }
  std::vector<Statement> statements;
  std::vector<std::function<void(Reading&, const Rows&, std::size_t)>> uses;  // of each statement's rows
  const auto ask = [&](const Keys& keys, Statement (*statement)(const Keys&), auto use) {
    if (keys.empty()) return;
    statements.push_back(statement(keys));
    uses.emplace_back(use);
  };
  const auto take_found = [](Reading& reading, const Rows& rows, std::size_t row) {
    reading.add_found(version_of(rows, row, 1));
  };
  ask(serials, with_serial, take_found);
  ask(nodes, with_open_node, take_found);
  ask(serials, some_newer, [](Reading& reading, const Rows& rows, std::size_t row) {
    reading.newer[static_cast<std::uint32_t>(read_int(rows.at(row, 1)))].push_back(version_of(rows, row, 2));
  });
  ask(fresh, open_counts, [](Reading& reading, const Rows& rows, std::size_t row) {
    reading.open[std::string(rows.at(row, 1))] = read_int(rows.at(row, 2));
  });
  const auto all = connection_.pipeline(statements);
  if (!all) return std::unexpected(all.error());
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const Rows& rows = (*all)[i];
    for (std::size_t row = 0; row < rows.size(); ++row) uses[i](readings[number_of(rows, row)], rows, row);
  }
  return {};
}

Stored<void> ZoneLoader::add_what_they_rest_on(Readings& readings) {
  Keys since;
  Keys serials;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    Reading& reading = readings[i];
    if (reading.zone.since != Timestamp::max()) since.add(i, reading.name, ns_of(reading.zone.since));
    for (auto& [serial, newer] : reading.newer) {
      if (newer.size() > WantedZone::kNewerWanted) {
        serials.add(i, reading.name, std::int64_t{serial});
      } else {
        for (StoredVersion& version : newer) reading.add(std::move(version));
      }
    }
    reading.newer.clear();
  }
  std::vector<Statement> statements;
  if (!since.empty()) statements.push_back(with_evidence_since(since));
  if (!serials.empty()) statements.push_back(latest_newer(serials));
  if (statements.empty()) return {};
  const auto all = connection_.pipeline(statements);
  if (!all) return std::unexpected(all.error());
  for (const Rows& rows : *all) {
    for (std::size_t row = 0; row < rows.size(); ++row) readings[number_of(rows, row)].add(version_of(rows, row, 1));
  }
  return {};
}

Stored<void> ZoneLoader::read_details(Readings& readings) {
  std::vector<Place> places;
  std::map<Day, Keys> days;
  for (Reading& reading : readings) {
    auto& versions = reading.zone.versions;
    std::ranges::sort(versions, {}, [](const StoredVersion& version) {
      return std::pair(version.first_seen, version.serial.value());
    });
    for (StoredVersion& version : versions) {
      days[version.day].add(places.size(), reading.name, std::int64_t{version.serial.value()});
      places.push_back({&reading.zone.zone, &version});
    }
  }
  if (places.empty()) return {};
  // A statement for each day: the planner then looks at that day's partition only.
  std::vector<Statement> statements;
  for (const auto& [day, keys] : days) {
    std::vector<Parameter> parameters = keys.parameters();
    parameters.push_back(date(day));
    statements.push_back({kEvidenceOfDay, parameters, Format::binary});
    statements.push_back({kRowsOfDay, parameters, Format::binary});
  }
  auto all = connection_.pipeline(statements);
  if (!all) return std::unexpected(all.error());
  for (std::size_t i = 0; i < all->size(); i += 2) {
    if (auto noted = note_evidence((*all)[i], places); !noted) return noted;
    const Rows& rows = (*all)[i + 1];
    for (std::size_t row = 0; row < rows.size(); ++row) {
      places[number_of(rows, row)].version->rows.emplace_back(rows.at(row, 1));
    }
  }
  return {};
}

Stored<void> ZoneLoader::note_evidence(const Rows& rows, std::span<const Place> places) {
  constexpr std::size_t kFirstFact = 6;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Place& place = places[number_of(rows, row)];
    StoredEvidence& evidence = place.version->evidence.emplace_back();
    evidence.zone = *place.zone;
    evidence.serial = place.version->serial;
    evidence.srcip = rows.at(row, 1);
    evidence.hostname = rows.at(row, 2);
    evidence.receptions = static_cast<std::uint8_t>(read_int(rows.at(row, 3)));
    evidence.lowers = lower_bounds(rows.at(row, 4), rows.at(row, 5));
    for (std::size_t kind = 0; kind < kEvidenceKinds; ++kind) {
      const std::size_t column = kFirstFact + 3 * kind;
      if (rows.is_null(row, column)) continue;
      StoredFact& fact = evidence.facts[kind].emplace();
      fact.time = timestamp_of(read_int(rows.at(row, column)));
      if (!rows.is_null(row, column + 1)) {
        auto name = sensor(rows.at(row, column + 1));
        if (!name) return std::unexpected(name.error());
        fact.sensor = std::move(*name);
      }
      if (!rows.is_null(row, column + 2)) {
        fact.clock_error = std::chrono::microseconds(read_int(rows.at(row, column + 2)));
      }
    }
  }
  return {};
}

Stored<std::string> ZoneLoader::sensor(std::string_view number) {
  const auto id = static_cast<std::int32_t>(read_int(number));
  if (const std::string* name = sensors_.name(id)) return *name;
  if (auto read = sensors_.read(connection_); !read) return std::unexpected(read.error());
  if (const std::string* name = sensors_.name(id)) return *name;
  return std::unexpected(StoreError{
      StoreFault::broken,
      fmt::format("{}: table evidence names sensor {}, which table sensors does not have", connection_.place(), id)});
}

Stored<void> ZoneLoader::open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                                    Timestamp settled_since, const std::function<void(StoredZone&&)>& take) {
  const std::vector<std::int64_t> homes(partitions.begin(), partitions.end());
  const Day first_day = std::chrono::floor<std::chrono::days>(std::max(since, Timestamp())) - kDayBefore;
  const auto found = connection_.execute(Statement{
      fmt::format("SELECT v.zone, {0} FROM tlddns.versions v WHERE v.day >= $1 AND v.first_seen_ns >= $2::bigint AND "
                  "v.last_evidence_ns >= $3::bigint AND v.key_hash % $4::integer = ANY ($5) UNION SELECT v.zone, {0} "
                  "FROM (SELECT DISTINCT zone, serial, day FROM tlddns.verdicts WHERE verdict = 'open') o JOIN "
                  "tlddns.versions v ON v.zone = o.zone AND v.serial = o.serial AND v.day = o.day WHERE v.key_hash % "
                  "$4::integer = ANY ($5) ORDER BY 1",
                  kVersion),
      {date(first_day), Parameter::number(ns_of(since)), Parameter::number(ns_of(settled_since)),
       Parameter::number(layout), int8_array(homes)},
      Format::binary});
  if (!found) return std::unexpected(found.error());
  for (std::size_t row = 0; row < found->size();) {
    Readings readings;
    for (; row < found->size(); ++row) {
      const bool is_same = !readings.empty() && readings.back().name == found->at(row, 0);
      if (!is_same && readings.size() == kZonesAtOnce) break;
      if (!is_same) {
        const auto name = ZoneName::parse(found->at(row, 0));
        if (!name) continue;  // not written by us; no event is of such a zone
        Reading& reading = readings.emplace_back();
        reading.zone.zone = *name;
        reading.zone.since = settled_since;
        reading.name = found->at(row, 0);
      }
      readings.back().add_found(version_of(*found, row, 1));
    }
    if (auto done = give_open(readings, take); !done) return done;
  }
  return {};
}

// The zones with their open versions, completed.
Stored<void> ZoneLoader::give_open(Readings& readings, const std::function<void(StoredZone&&)>& take) {
  Keys all;
  for (std::size_t i = 0; i < readings.size(); ++i) all.add(i, readings[i].name);
  if (all.empty()) return {};
  const auto counts = connection_.execute(open_counts(all));
  if (!counts) return std::unexpected(counts.error());
  for (std::size_t row = 0; row < counts->size(); ++row) {
    readings[number_of(*counts, row)].open[std::string(counts->at(row, 1))] = read_int(counts->at(row, 2));
  }
  if (auto added = add_what_they_rest_on(readings); !added) return added;
  if (auto read = read_details(readings); !read) return read;
  for (Reading& reading : readings) take(std::move(reading).finish());
  return {};
}

}  // namespace zonelag::aggregator
