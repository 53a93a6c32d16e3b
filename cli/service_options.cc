#include "service_options.h"

#include <limits>

#include "option_values.h"

namespace zonelag::cli {
namespace {

using service::UsageError;

constexpr const char* kExitStatus =
    "Exit status: 0 done; 1 failed, nothing was changed; 2 wrong usage; 130 interrupted.";
// Of what is done in steps, each whole.
constexpr const char* kExitStatusOfSteps =
    "Exit status: 0 done; 1 failed, what was said to be done before stays done; 2 wrong usage; 130 interrupted.";

CLI::App& add(CLI::App& parent, const std::string& name, const std::string& description) {
  CLI::App& command = *parent.add_subcommand(name, description);
  command.footer(kExitStatus);
  return command;
}

// A command that is nothing but a name for those below it.
CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App& group = *app.add_subcommand(name, description);
  group.require_subcommand(0, 1);
  return group;
}

std::uint32_t positive(std::string_view option, const std::string& text, std::uint32_t most) {
  const auto found = number<std::uint32_t>(text);
  if (!found || *found == 0 || *found > most)
    throw UsageError(fmt::format("{}: '{}' is not a number from 1 to {}", option, text, most));
  return *found;
}

void declare_number(CLI::App& command, const std::string& name, const std::string& type, std::uint32_t most,
                    std::optional<std::uint32_t>& into, const std::string& description) {
  value(
      command, name, type, [&into, name, most](const std::string& text) { into = positive(name, text, most); },
      description)
      ->group("What to do");
}

template <typename Action>
void choose(CLI::App& command, Action action, Action& into) {
  command.preparse_callback([action, &into](std::size_t) { into = action; });
}

void declare_dry_run(CLI::App& command, bool& into) {
  flag(command, "--dry-run", into, "say what would be done, and do nothing")->group("What to do");
}

void require_command(const CLI::App& command) {
  if (!command.get_subcommands().empty()) return;
  std::string names;
  for (const CLI::App* choice : command.get_subcommands({})) {
    if (!names.empty()) names += ", ";
    names += choice->get_name();
  }
  throw UsageError(fmt::format("{} needs a command: {}", command.get_name(), names));
}

constexpr std::uint32_t kMostDays = 36'500;

}  // namespace

void declare_database(CLI::App& command, DatabaseOptions& options) {
  value(command, "-d,--database", "URI", options.uri,
        "the database: postgresql://USER@HOST/NAME or keywords of libpq. Without it: that of --config; else what "
        "PGDATABASE and the other PG* variables say; else that of /etc/zonelag/aggregator.toml; else 'zonelag' on this "
        "host")
      ->group("Database");
  value(command, "-c,--config", "FILE", options.config, "the aggregator's configuration, which names its database")
      ->group("Database");
  value(command, "--environment", "NAME", options.environment,
        "which of the configuration's databases, if it has several")
      ->group("Database");
}

void declare_db(CLI::App& app, DbOptions& options) {
  CLI::App& group = add_group(app, "db", "The database's schema: make it, bring it up to date, look at it, tidy it.");
  CLI::App& migrate =
      add(group, "migrate", "Makes or upgrades the schema tlddns, each migration in a transaction of its own.");
  migrate.footer(kExitStatusOfSteps);
  choose(migrate, DbAction::migrate, options.action);
  declare_database(migrate, options.database);
  value(migrate, "--timezone", "ZONE", options.timezone,
        "the time zone in which an existing installation wrote its time stamps without one, such as Europe/Vienna; "
        "the database's own where none is given")
      ->group("What to do");
  declare_dry_run(migrate, options.dry_run);
  CLI::App& status = add(group, "status", "Which migrations are applied, and which are not yet.");
  choose(status, DbAction::status, options.action);
  declare_database(status, options.database);
  status.footer("Exit status: 0 the schema is up to date; 1 failed; 2 wrong usage; 3 something is left to migrate.");
  CLI::App& prune = add(group, "prune", "Makes the partitions of the days to come, drops those beyond retention.");
  choose(prune, DbAction::prune, options.action);
  declare_database(prune, options.database);
  declare_number(prune, "--keep-rows", "DAYS", kMostDays, options.keep_rows,
                 "days that node rows, evidence and transfers are kept, in place of the configuration's");
  declare_number(prune, "--keep-versions", "DAYS", kMostDays, options.keep_versions,
                 "days that versions and verdicts are kept, in place of the configuration's");
}

void declare_inventory(CLI::App& app, InventoryOptions& options) {
  CLI::App& group =
      add_group(app, "inventory", "Who is who: check a file, bring it into the database, write the database's out.");
  constexpr const char* kFile = "the inventory in TOML; - is standard input";
  CLI::App& check = add(group, "check", "What a file holds, and every contradiction in it. Needs no database.");
  choose(check, InventoryAction::check, options.action);
  check.add_option("file", options.file, kFile)->type_name("FILE");
  check.footer("Exit status: 0 the file is good; 1 it is not; 2 wrong usage.");

  CLI::App& import = add(group, "import",
                         "Makes the database's inventory equal the file, in one transaction, and shows what changes. A "
                         "running aggregator takes it up at once.");
  choose(import, InventoryAction::import_file, options.action);
  import.add_option("file", options.file, kFile)->type_name("FILE");
  declare_database(import, options.database);
  flag(import, "--merge", options.merge, "add and change rows, remove none")->group("What to do");
  flag(import, "--replace", options.replace, "even where no row of what is there would be left")->group("What to do");
  declare_dry_run(import, options.dry_run);

  CLI::App& write = add(group, "export", "The database's inventory as TOML, on standard output or to a file.");
  choose(write, InventoryAction::export_file, options.action);
  write.add_option("file", options.file, "where to write; a file that is there already stays as it is")
      ->type_name("[FILE]");
  declare_database(write, options.database);
  flag(write, "--force", options.force, "write over a file that is there")->group("What to do");
}

void declare_topics(CLI::App& app, TopicsOptions& options) {
  CLI::App& group = add_group(app, "topics", "The topics of Kafka that sensors write to and results go to.");
  CLI::App& create =
      add(group, "create", "Makes the topics that are not there yet, and says how those that are differ.");
  create.footer(kExitStatusOfSteps);
  value(create, "-c,--config", "FILE", options.config, "the aggregator's configuration, which names brokers and topics")
      ->group("Kafka");
  value(create, "-b,--brokers", "HOST:PORT,...", options.brokers,
        "brokers to begin with, in place of a configuration's")
      ->group("Kafka");
  value(create, "-t,--topic", "NAME", options.topic, "the topic of events, in place of zonelag.events")->group("Kafka");
  declare_number(create, "--partitions", "N", 100'000, options.partitions,
                 "of topics that are made; as many as aggregators could ever share the work");
  declare_number(create, "--replication", "N", std::numeric_limits<std::int16_t>::max(), options.replication,
                 "copies of each partition; without it the brokers' default");
  declare_dry_run(create, options.dry_run);
}

void check_db(const CLI::App& command) { require_command(command); }

void check_inventory(const CLI::App& command, const InventoryOptions& options) {
  require_command(command);
  if (options.file.empty() && options.action == InventoryAction::check)
    throw UsageError("inventory check needs a FILE");
  if (options.file.empty() && options.action == InventoryAction::import_file)
    throw UsageError("inventory import needs a FILE");
  if (options.replace && options.merge) throw UsageError("--merge and --replace contradict each other");
}

void check_topics(const CLI::App& command) { require_command(command); }

}  // namespace zonelag::cli
