// The command lines of db, inventory and topics: chores around the running service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace zonelag::cli {

// Which database is meant; see database.h.
struct DatabaseOptions {
  std::string uri;          // empty: the configuration's
  std::string config;       // path of the aggregator's; empty: not given
  std::string environment;  // of the configuration's databases; empty: it has one
};

enum class DbAction : std::uint8_t { migrate, status, prune };
struct DbOptions {
  DbAction action = DbAction::status;
  DatabaseOptions database;
  std::string timezone;  // of a database whose time stamps have none; empty: UTC
  bool dry_run = false;
  std::optional<std::uint32_t> keep_rows;      // days; empty: the configuration's
  std::optional<std::uint32_t> keep_versions;  // days; likewise
};

enum class InventoryAction : std::uint8_t { check, import_file, export_file };
struct InventoryOptions {
  InventoryAction action = InventoryAction::check;
  DatabaseOptions database;
  std::string file;
  bool replace = false;
  bool merge = false;
  bool dry_run = false;
  bool force = false;  // export: over a file that is there
};

struct TopicsOptions {
  std::string config;  // path of the aggregator's; empty: not given
  std::string brokers;
  std::string topic;
  std::optional<std::uint32_t> partitions;
  std::optional<std::uint32_t> replication;
  bool dry_run = false;
};

void declare_database(CLI::App& command, DatabaseOptions& options);
void declare_db(CLI::App& app, DbOptions& options);
void declare_inventory(CLI::App& app, InventoryOptions& options);
void declare_topics(CLI::App& app, TopicsOptions& options);

// Throw UsageError for what the sub-command, found to be given, lacks or contradicts.
void check_db(const CLI::App& command);
void check_inventory(const CLI::App& command, const InventoryOptions& options);
void check_topics(const CLI::App& command);

}  // namespace zonelag::cli
