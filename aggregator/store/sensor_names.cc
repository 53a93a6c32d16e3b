#include "sensor_names.h"

#include <algorithm>

#include "binary.h"

namespace zonelag::aggregator {

Stored<void> SensorNames::intern(Connection& connection, std::vector<std::string> names) {
  std::ranges::sort(names);  // the same order for everybody: two that add the same ones cannot wait for each other
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase_if(names, [this](const std::string& name) { return numbers_.contains(name); });
  if (names.empty()) return {};
  const Statement add{
      "INSERT INTO tlddns.sensors (name) SELECT n FROM unnest($1) n WHERE NOT EXISTS (SELECT FROM tlddns.sensors s "
      "WHERE "
      "s.name = n) ORDER BY n ON CONFLICT DO NOTHING",
      {text_array(names)}};
  if (auto added = connection.execute(add); !added) return std::unexpected(added.error());
  // WITH ORDINALITY: a name that the table cannot hold as it is gets its number all the same.
  const Statement look{
      "SELECT s.id, n.name, n.ord FROM unnest($1) WITH ORDINALITY n(name, ord) JOIN tlddns.sensors s ON s.name = "
      "n.name",
      {text_array(names)},
      Format::binary};
  auto rows = connection.execute(look);
  if (!rows) return std::unexpected(rows.error());
  note(*rows);
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto at = static_cast<std::size_t>(read_int(rows->at(row, 2)) - 1);
    numbers_[names[at]] = static_cast<std::int32_t>(read_int(rows->at(row, 0)));
  }
  return {};
}

std::int32_t SensorNames::number(const std::string& name) const { return numbers_.at(name); }

Stored<void> SensorNames::read(Connection& connection) {
  auto rows = connection.execute(Statement{"SELECT id, name FROM tlddns.sensors", {}, Format::binary});
  if (!rows) return std::unexpected(rows.error());
  note(*rows);
  return {};
}

void SensorNames::note(const Rows& rows) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto number = static_cast<std::int32_t>(read_int(rows.at(row, 0)));
    const std::string name(rows.at(row, 1));
    numbers_.insert_or_assign(name, number);
    names_.insert_or_assign(number, name);
  }
}

const std::string* SensorNames::name(std::int32_t number) const {
  const auto at = names_.find(number);
  return at == names_.end() ? nullptr : &at->second;
}

void SensorNames::forget() {
  numbers_.clear();
  names_.clear();
}

Stored<std::vector<SensorChange>> load_heartbeats(Connection& connection) {
  auto rows = connection.execute(
      Statement{"SELECT name, boot_id, last_seen_ns, last_sequence, dropped, lost_events, beat_interval_ns FROM "
                "tlddns.sensors WHERE last_seen_ns IS NOT NULL",
                {},
                Format::binary});
  if (!rows) return std::unexpected(rows.error());
  std::vector<SensorChange> sensors;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    SensorChange& sensor = sensors.emplace_back();
    sensor.sensor = rows->at(row, 0);
    sensor.boot_id = static_cast<std::uint64_t>(read_int(rows->at(row, 1)));
    sensor.last_seen = timestamp_of(read_int(rows->at(row, 2)));
    sensor.last_sequence = static_cast<std::uint64_t>(read_int(rows->at(row, 3)));
    sensor.dropped = static_cast<std::uint64_t>(read_int(rows->at(row, 4)));
    sensor.lost_events = static_cast<std::uint64_t>(read_int(rows->at(row, 5)));
    if (!rows->is_null(row, 6)) sensor.interval = Duration(read_int(rows->at(row, 6)));
  }
  return sensors;
}

}  // namespace zonelag::aggregator
