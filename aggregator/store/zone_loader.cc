#include "zone_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kZonesAtOnce = 2'000;  // of open_zones(): some MB of rows

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

}  // namespace

Stored<std::vector<StoredZone>> ZoneLoader::load(std::span<const WantedZone> wanted) {
  std::vector<StoredZone> zones(wanted.size());
  Since since;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    zones[i].zone = wanted[i].zone;
    since.zones.push_back(wanted[i].zone.to_text());
    if (wanted[i].zone_is_new) since.new_zones.push_back(static_cast<std::int64_t>(i));
  }
  since.ns.assign(wanted.size(), kNever);
  if (auto found = find_oldest(wanted, since); !found) return std::unexpected(found.error());
  if (auto filled = fill(since, zones); !filled) return std::unexpected(filled.error());
  return zones;
}

Stored<void> ZoneLoader::find_oldest(std::span<const WantedZone> wanted, Since& since) {
  std::vector<std::int64_t> of_serial;
  std::vector<std::int64_t> serials;
  std::vector<std::string> zones_of_serials;
  std::vector<std::int64_t> of_node;
  std::vector<std::string> nodes;
  std::vector<std::string> zones_of_nodes;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const Serial serial : wanted[i].serials) {
      of_serial.push_back(static_cast<std::int64_t>(i));
      serials.push_back(serial.value());
      zones_of_serials.push_back(since.zones[i]);
    }
    for (const std::string& node : wanted[i].nodes) {
      of_node.push_back(static_cast<std::int64_t>(i));
      nodes.push_back(node);
      zones_of_nodes.push_back(since.zones[i]);
    }
  }
  auto rows = connection_.execute(Statement{
      "SELECT n, min(ns) FROM (SELECT k.n, v.first_seen_ns AS ns FROM unnest($1, $2, $3) k(n, zone, serial) JOIN "
      "tlddns.versions v ON v.zone = k.zone AND v.serial = k.serial UNION ALL SELECT k.n, v.first_seen_ns FROM "
      "unnest($4, $5, $6) k(n, zone, node) JOIN tlddns.versions v ON v.zone = k.zone AND v.open_nodes <> '{}' AND "
      "k.node = ANY (v.open_nodes)) hits GROUP BY n",
      {int8_array(of_serial), text_array(zones_of_serials), int8_array(serials), int8_array(of_node),
       text_array(zones_of_nodes), text_array(nodes)},
      Format::binary});
  if (!rows) return std::unexpected(rows.error());
  for (std::size_t row = 0; row < rows->size(); ++row) {
    since.ns[static_cast<std::size_t>(read_int(rows->at(row, 0)))] = read_int(rows->at(row, 1));
  }
  return {};
}

Stored<void> ZoneLoader::fill(const Since& since, std::vector<StoredZone>& zones) {
  const auto places = read_versions(since, zones);
  if (!places) return std::unexpected(places.error());
  return read_details(since, *places, zones);
}

Stored<std::vector<ZoneLoader::Place>> ZoneLoader::read_versions(const Since& since, std::vector<StoredZone>& zones) {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> names;
  std::vector<std::int64_t> ns;
  for (std::size_t i = 0; i < since.ns.size(); ++i) {
    if (since.ns[i] == kNever) continue;
    numbers.push_back(static_cast<std::int64_t>(i));
    names.push_back(since.zones[i]);
    ns.push_back(since.ns[i]);
  }
  std::vector<Place> places;
  if (numbers.empty()) return places;
  auto rows = connection_.execute(Statement{
      "SELECT k.n, v.serial, v.day, v.inventory, v.first_seen_ns, v.last_evidence_ns, v.verdict, v.open_nodes FROM "
      "unnest($1, $2, $3) k(n, zone, ns) JOIN tlddns.versions v ON v.zone = k.zone AND v.first_seen_ns >= k.ns "
      "ORDER BY k.n, v.first_seen_ns, v.serial",
      {int8_array(numbers), text_array(names), int8_array(ns)},
      Format::binary});
  if (!rows) return std::unexpected(rows.error());
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto zone = static_cast<std::size_t>(read_int(rows->at(row, 0)));
    StoredVersion& version = zones[zone].versions.emplace_back();
    version.serial = Serial(static_cast<std::uint32_t>(read_int(rows->at(row, 1))));
    version.day = read_date(rows->at(row, 2));
    version.inventory = static_cast<std::uint64_t>(read_int(rows->at(row, 3)));
    version.first_seen = timestamp_of(read_int(rows->at(row, 4)));
    version.last_evidence = timestamp_of(read_int(rows->at(row, 5)));
    version.verdict = parse_verdict(rows->at(row, 6));
    version.open_nodes = read_text_array(rows->at(row, 7));
    places.push_back({zone, zones[zone].versions.size() - 1});
  }
  return places;
}

Stored<void> ZoneLoader::read_details(const Since& since, const std::vector<Place>& places,
                                      std::vector<StoredZone>& zones) {
  struct OfDay {
    std::vector<std::int64_t> numbers;
    std::vector<std::string> zones;
    std::vector<std::int64_t> serials;
  };
  std::map<Day, OfDay> days;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const StoredVersion& version = zones[places[i].zone].versions[places[i].version];
    OfDay& day = days[version.day];
    day.numbers.push_back(static_cast<std::int64_t>(i));
    day.zones.push_back(since.zones[places[i].zone]);
    day.serials.push_back(version.serial.value());
  }
  // A statement for each day: the planner then looks at that day's partition only.
  std::vector<Statement> statements;
  for (const auto& [day, keys] : days) {
    const std::vector<Parameter> parameters{int8_array(keys.numbers), text_array(keys.zones), int8_array(keys.serials),
                                            date(day)};
    statements.push_back(
        {"SELECT k.n, e.srcip, e.hostname, e.receptions, e.lower_ns, e.lower_serial, e.announced_ns, "
         "e.announced_sensor, "
         "e.announced_error_us, e.offered_ns, e.offered_sensor, e.offered_error_us, e.served_ns, e.served_sensor, "
         "e.served_error_us, e.received_ns, e.received_sensor, e.received_error_us FROM unnest($1, $2, $3) k(n, zone, "
         "serial) "
         "JOIN tlddns.evidence e ON e.zone = k.zone AND e.serial = k.serial AND e.day = $4",
         parameters, Format::binary});
    statements.push_back(
        {"SELECT k.n, s.srcip FROM unnest($1, $2, $3) k(n, zone, serial) JOIN tlddns.serial_rows s ON s.zone "
         "= k.zone AND s.serial = k.serial AND s.day = $4",
         parameters, Format::binary});
  }
  if (!since.new_zones.empty()) {
    std::vector<std::string> names;
    std::vector<std::int64_t> ns;
    for (const std::int64_t number : since.new_zones) {
      names.push_back(since.zones[static_cast<std::size_t>(number)]);
      ns.push_back(since.ns[static_cast<std::size_t>(number)]);
    }
    statements.push_back(
        {"SELECT DISTINCT k.n, o.node FROM unnest($1, $2, $3) k(n, zone, ns) JOIN tlddns.versions v ON v.zone = k.zone "
         "AND "
         "v.open_nodes <> '{}' AND v.first_seen_ns < k.ns CROSS JOIN unnest(v.open_nodes) o(node) ORDER BY 1, 2",
         {int8_array(since.new_zones), text_array(names), int8_array(ns)},
         Format::binary});
  }
  auto all = connection_.pipeline(statements);
  if (!all) return std::unexpected(all.error());
  for (std::size_t i = 0; i < 2 * days.size(); i += 2) {
    if (auto noted = note_evidence((*all)[i], places, zones); !noted) return noted;
    const Rows& rows = (*all)[i + 1];
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const Place& place = places[static_cast<std::size_t>(read_int(rows.at(row, 0)))];
      zones[place.zone].versions[place.version].rows.emplace_back(rows.at(row, 1));
    }
  }
  if (since.new_zones.empty()) return {};
  const Rows& elsewhere = all->back();
  for (std::size_t row = 0; row < elsewhere.size(); ++row) {
    zones[static_cast<std::size_t>(read_int(elsewhere.at(row, 0)))].open_elsewhere.emplace_back(elsewhere.at(row, 1));
  }
  return {};
}

Stored<void> ZoneLoader::note_evidence(const Rows& rows, const std::vector<Place>& places,
                                       std::vector<StoredZone>& zones) {
  constexpr std::size_t kFirstFact = 6;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Place& place = places[static_cast<std::size_t>(read_int(rows.at(row, 0)))];
    StoredZone& zone = zones[place.zone];
    StoredVersion& version = zone.versions[place.version];
    StoredEvidence& evidence = version.evidence.emplace_back();
    evidence.zone = zone.zone;
    evidence.serial = version.serial;
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
  // A version's day is never before that of its first_seen; with a day to spare, the partitions before need no look.
  const Day first_day = std::chrono::floor<std::chrono::days>(std::max(since, Timestamp())) - std::chrono::days(1);
  auto open = connection_.execute(Statement{
      "SELECT zone, min(first_seen_ns) FROM tlddns.versions WHERE day >= $1 AND first_seen_ns >= $2::bigint AND "
      "(open_nodes <> '{}' OR last_evidence_ns >= $3::bigint) AND key_hash % $4::integer = ANY ($5) GROUP BY zone",
      {date(first_day), Parameter::number(ns_of(since)), Parameter::number(ns_of(settled_since)),
       Parameter::number(layout), int8_array(homes)},
      Format::binary});
  if (!open) return std::unexpected(open.error());
  for (std::size_t row = 0; row < open->size();) {
    const std::size_t end = std::min(open->size(), row + kZonesAtOnce);
    std::vector<StoredZone> zones;
    Since wanted;
    for (; row < end; ++row) {
      const auto name = ZoneName::parse(open->at(row, 0));
      if (!name) continue;  // not written by us; no event is of such a zone
      wanted.new_zones.push_back(static_cast<std::int64_t>(zones.size()));
      zones.emplace_back().zone = *name;
      wanted.zones.emplace_back(open->at(row, 0));
      wanted.ns.push_back(read_int(open->at(row, 1)));
    }
    if (auto filled = fill(wanted, zones); !filled) return filled;
    for (StoredZone& zone : zones) take(std::move(zone));
  }
  return {};
}

}  // namespace zonelag::aggregator
