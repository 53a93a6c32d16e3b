#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aggregator/store/migrations.h"

namespace zonelag::aggregator {
namespace {

constexpr const char* kLock = "hashtextextended('zonelag migrate', 0)";

constexpr const char* kBookkeeping =
    "CREATE SCHEMA IF NOT EXISTS tlddns; "
    "CREATE TABLE IF NOT EXISTS tlddns.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now(), checksum text NOT NULL)";

int to_int(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Migrator::Migrator(Connection& connection, MigrationOptions options)
    : Migrator(connection, std::move(options), migrations()) {}

Migrator::Migrator(Connection& connection, MigrationOptions options, std::span<const Migration> known)
    : connection_(connection), options_(std::move(options)), known_(known) {}

StoreError Migrator::schema_error(std::string text) const {
  return {StoreFault::schema, fmt::format("{}: {}", connection_.place(), std::move(text))};
}

Stored<std::vector<Migrator::Applied>> Migrator::applied() {
  auto there = connection_.execute("SELECT to_regclass('tlddns.schema_migrations') IS NOT NULL");
  if (!there) return std::unexpected(there.error());
  std::vector<Applied> all;
  if (there->at(0, 0) != "t") return all;
  auto rows = connection_.execute(
      "SELECT version, name, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), checksum "
      "FROM tlddns.schema_migrations ORDER BY version");
  if (!rows) return std::unexpected(rows.error());
  for (std::size_t row = 0; row < rows->size(); ++row) {
    all.push_back({to_int(rows->at(row, 0)), std::string(rows->at(row, 1)), std::string(rows->at(row, 2)),
                   std::string(rows->at(row, 3))});
  }
  return all;
}

Stored<std::vector<MigrationStatus>> Migrator::status() {
  auto done = applied();
  if (!done) return std::unexpected(done.error());
  std::vector<MigrationStatus> all;
  for (const Migration& migration : known_) all.push_back({migration.version, migration.name, std::nullopt});
  for (Applied& one : *done) {
    const auto same = std::ranges::find(all, one.version, &MigrationStatus::version);
    if (same != all.end()) {
      same->applied_at = std::move(one.applied_at);
    } else {
      all.push_back({one.version, std::move(one.name), std::move(one.applied_at)});
    }
  }
  return all;
}

Stored<void> Migrator::check(const std::vector<Applied>& applied) const {
  for (const Applied& one : applied) {
    const auto same = std::ranges::find(known_, one.version, &Migration::version);
    if (same == known_.end()) {
      return std::unexpected(schema_error(fmt::format(
          "schema tlddns has migration {} ({}), which this program does not know: it is older than the database's "
          "schema, take the newer program",
          one.version, one.name)));
    }
    if (one.checksum != same->checksum) {
      return std::unexpected(schema_error(
          fmt::format("migration {} ({}) was applied in another form than this program's: its checksum is {}, not {}",
                      one.version, one.name, one.checksum, same->checksum)));
    }
  }
  return {};
}

// Waits in short turns, so that the other one's rights or locks do not matter to ours.
Stored<void> Migrator::lock() {
  if (auto set = connection_.script("SET lock_timeout = '60s'; SET statement_timeout = 0"); !set) return set;
  if (auto locked = connection_.execute(fmt::format("SELECT pg_advisory_lock({})", kLock)); !locked) {
    if (locked.error().text.contains("55P03")) {
      return std::unexpected(StoreError{
          StoreFault::unavailable, connection_.place() + ": another migration runs; this one waited for a minute"});
    }
    return std::unexpected(locked.error());
  }
  return {};
}

Stored<int> Migrator::migrate(const std::function<void(const Migration&, bool done)>& progress) {
  if (auto locked = lock(); !locked) return std::unexpected(locked.error());
  auto count = apply_missing(progress);
  connection_.rollback();
  const auto unlocked = connection_.execute(fmt::format("SELECT pg_advisory_unlock({})", kLock));
  if (count && !unlocked) return std::unexpected(unlocked.error());
  return count;
}

Stored<int> Migrator::apply_missing(const std::function<void(const Migration&, bool done)>& progress) {
  const auto done = applied();
  if (!done) return std::unexpected(done.error());
  if (auto checked = check(*done); !checked) return std::unexpected(checked.error());
  int count = 0;
  for (const Migration& migration : known_) {
    if (std::ranges::find(*done, migration.version, &Applied::version) != done->end()) continue;
    if (progress) progress(migration, false);
    if (auto applied = apply(migration); !applied) return std::unexpected(applied.error());
    if (progress) progress(migration, true);
    ++count;
  }
  return count;
}

Stored<void> Migrator::apply(const Migration& migration) {
  const auto steps = [&]() -> Stored<void> {
    if (auto begun = connection_.begin(); !begun) return begun;
    // The database's TimeZone, not the session's.
    auto zone = connection_.execute(
        "SELECT set_config('zonelag.time_zone', coalesce(nullif($1, ''), (SELECT reset_val FROM pg_settings WHERE name "
        "= "
        "'TimeZone')), true)",
        {options_.time_zone});
    if (!zone) return std::unexpected(zone.error());
    if (auto kept = connection_.script(kBookkeeping); !kept) return kept;
    if (auto ran = connection_.script(migration.sql); !ran) return ran;
    auto noted =
        connection_.execute("INSERT INTO tlddns.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                            {Parameter::number(migration.version), migration.name, migration.checksum});
    if (!noted) return std::unexpected(noted.error());
    return connection_.commit();
  };
  auto done = steps();
  if (done) return {};
  connection_.rollback();
  StoreError error = std::move(done.error());
  error.text =
      fmt::format("migration {} ({}), nothing of it is done: {}", migration.version, migration.name, error.text);
  return std::unexpected(std::move(error));
}

Stored<void> check_schema(Connection& connection) {
  auto status = Migrator(connection).status();
  if (!status) return std::unexpected(status.error());
  const int newest = migrations().back().version;
  for (const MigrationStatus& one : *status) {
    if (one.version > newest) {
      return std::unexpected(StoreError{
          StoreFault::schema, fmt::format("{}: schema tlddns is at version {}, which is newer than this program's {}: "
                                          "take the newer program",
                                          connection.place(), status->back().version, newest)});
    }
    if (!one.applied_at) {
      return std::unexpected(StoreError{StoreFault::schema,
                                        fmt::format("{}: schema tlddns lacks migration {} ({}): run zonelag db migrate",
                                                    connection.place(), one.version, one.name)});
    }
  }
  return {};
}

}  // namespace zonelag::aggregator
