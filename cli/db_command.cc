#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "aggregator/store/migrations.h"
#include "aggregator/store/postgres.h"
#include "aggregator/text_table.h"
#include "aggregator/time_text.h"
#include "commands.h"
#include "database.h"
#include "exit_code.h"
#include "output.h"

namespace zonelag::cli {
namespace {

using aggregator::Connection;
using aggregator::MigrationStatus;
using aggregator::Migrator;

class Db {
 public:
  Db(const DbOptions& options, DatabaseChoice choice) : options_(options), choice_(std::move(choice)) {}

  int run() {
    if (options_.action == DbAction::prune) return prune();
    auto connection = Connection::open(choice_.config);
    if (!connection) return fail(connection.error());
    Migrator migrator(*connection, {.time_zone = options_.timezone});
    if (options_.action == DbAction::migrate && !options_.dry_run) return migrate(migrator, connection->place());
    return show(migrator, connection->place());
  }

 private:
  int fail(const aggregator::StoreError& error) const {
    complain(without_passwords(error.text, choice_.config.connection));
    return kExitFailed;
  }
  int end(int code) { return output_.finish() ? code : kExitFailed; }

  int migrate(Migrator& migrator, const std::string& place);
  int show(Migrator& migrator, const std::string& place);
  int prune();

  const DbOptions& options_;
  DatabaseChoice choice_;
  Output output_;
};

int Db::migrate(Migrator& migrator, const std::string& place) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point begun;
  const auto count = migrator.migrate([&](const aggregator::Migration& migration, bool done) {
    if (!done) {
      begun = Clock::now();
      return;
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    output_.line(fmt::format("{}: migration {} ({}) applied in {:.1f} s", place, migration.version, migration.name,
                             took.count()));
    output_.flush();
  });
  if (!count) {
    output_.finish();
    return fail(count.error());
  }
  const int newest = aggregator::migrations().back().version;
  output_.line(*count == 0 ? fmt::format("{}: nothing to do, the schema is at version {}", place, newest)
                           : fmt::format("{}: the schema is at version {}", place, newest));
  return end(kExitOk);
}

int Db::show(Migrator& migrator, const std::string& place) {
  const auto status = migrator.status();
  if (!status) return fail(status.error());
  aggregator::TextTable table({{"version", aggregator::Align::right}, {"migration"}, {"applied at (UTC)"}});
  std::size_t missing = 0;
  const int newest = aggregator::migrations().back().version;
  bool newer = false;
  for (const MigrationStatus& one : *status) {
    missing += one.applied_at ? 0 : 1;
    newer = newer || one.version > newest;
    table.add({{std::to_string(one.version)},
               {one.name},
               {one.applied_at.value_or(options_.dry_run ? "would be applied" : "not yet")}});
  }
  output_.line(place);
  output_.write(table.render(2, false));
  if (newer) {
    output_.finish();
    complain(place + ": the schema is newer than this program: take the newer program");
    return kExitFailed;
  }
  if (missing == 0) output_.line("The schema is up to date.");
  if (missing > 0 && !options_.dry_run) output_.line("zonelag db migrate applies what is missing.");
  return end(missing > 0 && !options_.dry_run ? kExitIncomplete : kExitOk);
}

// Age is by event time, as the service has it: a clock that is wrong drops nothing.
int Db::prune() {
  aggregator::PostgresStore store(choice_.config);
  if (const auto right = store.check_schema(); !right) return fail(right.error());
  const auto latest = store.latest();
  if (!latest) return fail(latest.error());
  if (!*latest) {
    output_.line("No event was consumed yet: there is nothing to drop.");
    return end(kExitOk);
  }
  const auto days_of = [](const std::optional<std::uint32_t>& given, std::chrono::days configured) {
    return given ? std::chrono::days(*given) : configured;
  };
  const auto rows = days_of(options_.keep_rows, choice_.keep_rows);
  const auto versions = std::max(rows, days_of(options_.keep_versions, choice_.keep_versions));
  if (const auto done = store.maintain(**latest, rows, versions); !done) return fail(done.error());
  const auto first_day = [&](std::chrono::days age) {
    return aggregator::rfc3339(std::chrono::floor<std::chrono::days>(**latest) - age).substr(0, 10);
  };
  output_.line(fmt::format("Dropped: days of rows and evidence before {}, months of versions and verdicts before {}.",
                           first_day(rows), first_day(versions)));
  return end(kExitOk);
}

}  // namespace

int db(const DbOptions& options) {
  auto choice = choose_database(options.database);
  if (!choice) {
    complain(choice.error());
    return kExitFailed;
  }
  return Db(options, *std::move(choice)).run();
}

}  // namespace zonelag::cli
