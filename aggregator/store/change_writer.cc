#include "change_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "row_fields.h"
#include "upserts.h"

namespace zonelag::aggregator {
namespace {

// "a = t.a, b = t.b" of all columns but the key's.
std::string assignments(std::string_view columns) {
  constexpr std::string_view kKey[] = {"zone", "serial", "day", "srcip"};
  std::string list;
  while (!columns.empty()) {
    const auto comma = columns.find(", ");
    const std::string_view column = columns.substr(0, comma);
    columns.remove_prefix(comma == std::string_view::npos ? columns.size() : comma + 2);
    if (std::ranges::find(kKey, column) != std::end(kKey)) continue;
    list += fmt::format("{}{} = t.{}", list.empty() ? "" : ", ", column, column);
  }
  return list;
}

// Changes of one table, by what is to be done with them.
template <typename Change>
struct Split {
  std::vector<const Change*> inserts;
  std::vector<const Change*> updates;
  std::set<Day> updated_days;

  explicit Split(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      (change.write == Write::insert ? inserts : updates).push_back(&change);
      if (change.write == Write::update) updated_days.insert(change.day);
    }
  }
};

struct VerdictOf {
  const VersionChange* version;
  const VerdictRow* row;
};

std::vector<VerdictOf> verdicts_of(const std::vector<const VersionChange*>& versions) {
  std::vector<VerdictOf> all;
  for (const VersionChange* version : versions) {
    for (const VerdictRow& row : version->verdicts) all.push_back({version, &row});
  }
  return all;
}

}  // namespace

// Rows for COPY, statements after it, and how many rows each table's statements must have changed.
struct ChangeWriter::Work {
  struct Check {
    const char* table;
    std::size_t rows;
    std::size_t first;  // statement
    std::size_t end;
  };

  const Changes& changes;
  Split<EvidenceChange> evidence{changes.evidence};
  Split<VersionChange> versions{changes.versions};
  Split<NodeChange> nodes{changes.nodes};
  std::vector<VerdictOf> new_verdicts = verdicts_of(versions.inserts);
  std::vector<VerdictOf> changed_verdicts = verdicts_of(versions.updates);
  std::vector<CopyJob> jobs;
  std::vector<Statement> statements;
  std::vector<Check> checks;

  template <typename Change, typename Put>
  void copy(const char* table, const char* columns, const std::vector<Change>& rows, Put put, const char* extra = "") {
    if (rows.empty()) return;
    const std::string list = fmt::format("{}{}", columns, extra);
    jobs.push_back({fmt::format("{} ({})", table, list), count_columns(list), rows.size(),
                    [&rows, put](CopyBuffer& out, std::size_t row) { put(out, rows[row]); }});
  }
  // A statement for each day: the planner then looks at that day's partition only.
  void for_days(const char* table, std::size_t rows, const std::set<Day>& days, const std::string& sql) {
    const std::size_t first = statements.size();
    for (const Day day : days) statements.push_back({sql, {date(day)}});
    if (table != nullptr) checks.push_back({table, rows, first, statements.size()});
  }

  void add_copies(const SensorNames& sensors, bool legacy);
  void add_updates();
  void add_verdict_updates();
  void add_transfers();
  Stored<void> remove_nodes(Connection& connection) const;
};

void ChangeWriter::Work::add_copies(const SensorNames& sensors, bool legacy) {
  const auto one_evidence = [&sensors](CopyBuffer& out, const EvidenceChange* c) { put_evidence(out, *c, sensors); };
  const auto one_version = [](CopyBuffer& out, const VersionChange* c) { put_version(out, *c); };
  const auto one_node = [legacy](CopyBuffer& out, const NodeChange* c) { put_node(out, *c, legacy); };
  const auto one_verdict = [](CopyBuffer& out, const VerdictOf& v) { put_verdict(out, *v.version, *v.row); };
  const auto version_and_policies = [](CopyBuffer& out, const VersionChange* c) {
    put_version(out, *c);
    std::vector<std::string> policies;
    for (const VerdictRow& verdict : c->verdicts) policies.push_back(verdict.policy);
    out.text_array(policies);
  };
  copy("tlddns.evidence", kEvidenceColumns, evidence.inserts, one_evidence);
  copy("tlddns.versions", kVersionColumns, versions.inserts, one_version);
  copy("tlddns.verdicts", kVerdictColumns, new_verdicts, one_verdict);
  copy("tlddns.serial_rows", kNodeColumns, nodes.inserts, one_node);
  copy("pg_temp.changed_evidence", kEvidenceColumns, evidence.updates, one_evidence);
  copy("pg_temp.changed_versions", kVersionColumns, versions.updates, version_and_policies, ", policies");
  copy("pg_temp.changed_verdicts", kVerdictColumns, changed_verdicts, one_verdict);
  copy("pg_temp.changed_nodes", kNodeColumns, nodes.updates, one_node);
  copy("pg_temp.changed_transfers", kTransferColumns, changes.transfers,
       [&sensors](CopyBuffer& out, const TransferChange& c) { put_transfer(out, c, sensors); });
}

void ChangeWriter::Work::add_updates() {
  static const std::string kEvidence = fmt::format(
      "UPDATE tlddns.evidence r SET {} FROM pg_temp.changed_evidence t WHERE r.day = $1 AND t.day = $1 AND r.zone = "
      "t.zone "
      "AND r.serial = t.serial AND r.srcip = t.srcip",
      assignments(kEvidenceColumns));
  static const std::string kVersions = fmt::format(
      "UPDATE tlddns.versions r SET {}, calculated_at = now() FROM pg_temp.changed_versions t WHERE r.day = $1 AND "
      "t.day = $1 "
      "AND r.zone = t.zone AND r.serial = t.serial",
      assignments(kVersionColumns));
  static const std::string kNodes = fmt::format(
      "UPDATE tlddns.serial_rows r SET {} FROM pg_temp.changed_nodes t WHERE r.day = $1 AND t.day = $1 AND r.zone = "
      "t.zone AND "
      "r.serial = t.serial AND r.srcip = t.srcip",
      assignments(kNodeColumns));
  for_days("evidence", evidence.updates.size(), evidence.updated_days, kEvidence);
  for_days("versions", versions.updates.size(), versions.updated_days, kVersions);
  for_days("serial_rows", nodes.updates.size(), nodes.updated_days, kNodes);
  if (!versions.updates.empty()) add_verdict_updates();
}

void ChangeWriter::Work::add_verdict_updates() {
  for_days(nullptr, 0, versions.updated_days,
           "DELETE FROM tlddns.verdicts r USING pg_temp.changed_versions t WHERE r.day = $1 AND t.day = $1 AND r.zone "
           "= t.zone "
           "AND r.serial = t.serial AND r.policy <> ALL (t.policies)");
  if (changed_verdicts.empty()) return;
  for_days(
      nullptr, 0, versions.updated_days,
      "INSERT INTO tlddns.verdicts AS r (zone, serial, day, policy, verdict, figure, clock_error) SELECT zone, serial, "
      "day, "
      "policy, verdict, figure, clock_error FROM pg_temp.changed_verdicts WHERE day = $1 ON CONFLICT (zone, serial, "
      "policy, "
      "day) DO UPDATE SET verdict = excluded.verdict, figure = excluded.figure, clock_error = excluded.clock_error, "
      "decided_at = now() WHERE (r.verdict, r.figure, r.clock_error) IS DISTINCT FROM (excluded.verdict, "
      "excluded.figure, "
      "excluded.clock_error)");
}

// A later phase replaces an earlier one, in whatever order they come.
void ChangeWriter::Work::add_transfers() {
  if (changes.transfers.empty()) return;
  statements.push_back({fmt::format(
      "INSERT INTO tlddns.transfers AS r ({0}) SELECT DISTINCT ON (zone, started_ns, sensor, server, server_port, "
      "client, "
      "client_port, message_id) {0} FROM pg_temp.changed_transfers ORDER BY zone, started_ns, sensor, server, "
      "server_port, "
      "client, client_port, message_id, (outcome <> 'started') DESC, coalesce(ended_ns, 0) DESC, messages DESC, "
      "outcome ON "
      "CONFLICT (zone, started_ns, sensor, server, server_port, client, client_port, message_id, day) DO UPDATE SET "
      "({1}) = "
      "ROW({2}) WHERE (excluded.outcome <> 'started', coalesce(excluded.ended_ns, 0), excluded.messages) > (r.outcome "
      "<> "
      "'started', coalesce(r.ended_ns, 0), r.messages)",
      kTransferColumns,
      "asked, got, from_serial, serial, ended_at, ended_ns, messages, records, bytes, outcome, reason, rcode",
      "excluded.asked, excluded.got, excluded.from_serial, excluded.serial, excluded.ended_at, excluded.ended_ns, "
      "excluded.messages, excluded.records, excluded.bytes, excluded.outcome, excluded.reason, excluded.rcode")});
}

Stored<void> ChangeWriter::Work::remove_nodes(Connection& connection) const {
  struct OfDay {
    std::vector<std::string> zones;
    std::vector<std::int64_t> serials;
    std::vector<std::string> sources;
  };
  std::map<Day, OfDay> days;
  for (const NodeRemoval& removal : changes.removed_nodes) {
    OfDay& day = days[removal.day];
    day.zones.push_back(removal.zone.to_text());
    day.serials.push_back(removal.serial.value());
    day.sources.push_back(removal.srcip);
  }
  std::vector<Statement> deletions;
  for (const auto& [day, keys] : days) {
    deletions.push_back(
        {"DELETE FROM tlddns.serial_rows r USING unnest($1, $2, $3) k(zone, serial, srcip) WHERE r.day = $4 AND "
         "r.zone = k.zone AND r.serial = k.serial AND r.srcip = k.srcip",
         {text_array(keys.zones), int8_array(keys.serials), text_array(keys.sources), date(day)}});
  }
  auto done = connection.pipeline(deletions);
  if (!done) return std::unexpected(done.error());
  std::size_t removed = 0;
  for (const Rows& rows : *done) removed += rows.affected();
  if (removed == changes.removed_nodes.size()) return {};
  return std::unexpected(
      StoreError{StoreFault::fenced, fmt::format("{}: table serial_rows: {} rows to be removed, {} are there",
                                                 connection.place(), changes.removed_nodes.size(), removed)});
}

Stored<void> ChangeWriter::write(Connection& connection, const Changes& changes) {
  if (changes.empty()) return {};
  if (auto made = make_partitions(connection, changes); !made) return made;
  if (auto known = intern_sensors(connection, changes); !known) return known;
  if (auto made = make_temporary_tables(connection, changes); !made) return made;
  Work work{changes};
  if (auto removed = work.remove_nodes(connection); !removed) return removed;
  work.add_copies(sensors_, legacy_lags_);
  work.add_updates();
  work.add_transfers();
  if (!changes.services.empty()) work.statements.push_back(insert_services(changes.services));
  if (!changes.blind_times.empty()) work.statements.push_back(upsert_blind_times(changes.blind_times, sensors_));
  // Last: rows that other processes may write, too, are theirs to wait for until we commit.
  if (!changes.sensors.empty()) work.statements.push_back(upsert_sensors(changes.sensors));
  if (!changes.candidates.empty()) work.statements.push_back(upsert_candidates(changes.candidates));
  if (auto copied = copy_in(connection, work.jobs); !copied) return copied;
  auto done = connection.pipeline(work.statements);
  if (!done) return std::unexpected(done.error());
  for (const Work::Check& check : work.checks) {
    std::size_t rows = 0;
    for (std::size_t i = check.first; i < check.end; ++i) rows += (*done)[i].affected();
    if (rows == check.rows) continue;
    return std::unexpected(
        StoreError{StoreFault::fenced, fmt::format("{}: table {}: {} rows to be changed, {} are there",
                                                   connection.place(), check.table, check.rows, rows)});
  }
  return {};
}

void ChangeWriter::forget() {
  days_.clear();
  temporary_tables_ = false;
}

Stored<void> ChangeWriter::make_partitions(Connection& connection, const Changes& changes) {
  std::set<Day> wanted;
  for (const EvidenceChange& change : changes.evidence) wanted.insert(change.day);
  for (const VersionChange& change : changes.versions) wanted.insert(change.day);
  for (const NodeChange& change : changes.nodes) wanted.insert(change.day);
  for (const TransferChange& change : changes.transfers) wanted.insert(day_of(change));
  std::vector<Day> missing;
  std::ranges::set_difference(wanted, days_, std::back_inserter(missing));
  if (missing.empty()) return {};
  auto made = connection.execute("SELECT tlddns.make_partitions($1)", {date_array(missing)});
  if (!made) return std::unexpected(made.error());
  days_.insert(missing.begin(), missing.end());
  return {};
}

Stored<void> ChangeWriter::intern_sensors(Connection& connection, const Changes& changes) {
  std::vector<std::string> names;
  const auto want = [&](const std::string& name) {
    if (names.empty() || names.back() != name) names.push_back(name);
  };
  for (const EvidenceChange& change : changes.evidence) {
    for (const auto& fact : change.row.facts) {
      if (fact && !fact->sensor.empty() && !sensors_.has(fact->sensor)) want(fact->sensor);
    }
  }
  for (const TransferChange& change : changes.transfers) want(change.sensor);
  for (const SensorChange& change : changes.sensors) want(change.sensor);
  for (const BlindTime& change : changes.blind_times) want(change.sensor);
  return sensors_.intern(connection, std::move(names));
}

Stored<void> ChangeWriter::make_temporary_tables(Connection& connection, const Changes& changes) {
  const auto is_update = [](const auto& change) { return change.write == Write::update; };
  if (temporary_tables_ ||
      (changes.transfers.empty() && std::ranges::none_of(changes.evidence, is_update) &&
       std::ranges::none_of(changes.versions, is_update) && std::ranges::none_of(changes.nodes, is_update))) {
    return {};
  }
  const auto table = [](const char* name, const char* columns, const char* of, const char* extra = "") {
    return fmt::format(
        "CREATE TEMPORARY TABLE IF NOT EXISTS changed_{} ON COMMIT DELETE ROWS AS SELECT {}{} FROM tlddns.{} WITH NO "
        "DATA; ",
        name, columns, extra, of);
  };
  auto made =
      connection.script(table("evidence", kEvidenceColumns, "evidence") +
                        table("versions", kVersionColumns, "versions", ", open_nodes AS policies") +
                        table("verdicts", kVerdictColumns, "verdicts") + table("nodes", kNodeColumns, "serial_rows") +
                        table("transfers", kTransferColumns, "transfers"));
  if (!made) return made;
  temporary_tables_ = true;
  return {};
}

}  // namespace zonelag::aggregator
