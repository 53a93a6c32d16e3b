// The schema's versions: SQL that is part of the program, applied forward only, each in one transaction with its row in
// tlddns.schema_migrations.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

struct Migration {
  int version = 0;
  const char* name = "";
  const char* checksum = "";  // SHA-256 of sql
  const char* sql = "";
};
// All of this program, by version: 1, 2, ...
std::span<const Migration> migrations();

struct MigrationStatus {
  int version = 0;
  std::string name;
  std::optional<std::string> applied_at;  // RFC 3339 in UTC; empty: not yet
};

struct MigrationOptions {
  // What timestamps without zone of the Python tool's tables were written in; empty: the database's TimeZone.
  std::string time_zone;
};

class Migrator {
 public:
  // As a role that may create in the database (and owns the tables of an existing installation). The connection's
  // timeouts do not count: moving many rows takes its time.
  Migrator(Connection& connection, MigrationOptions options = {});
  // Other than the program's own, for tests.
  Migrator(Connection& connection, MigrationOptions options, std::span<const Migration> known);

  // One for each of the program's, and those that the database has besides.
  Stored<std::vector<MigrationStatus>> status();
  // Applies what is missing and tells progress of each before and after. One that fails leaves nothing of itself; those
  // before it stay. Returns how many were applied. Only one at a time: another one waits, up to a minute.
  Stored<int> migrate(const std::function<void(const Migration&, bool done)>& progress = {});

 private:
  struct Applied {
    int version = 0;
    std::string name;
    std::string applied_at;
    std::string checksum;
  };
  Stored<std::vector<Applied>> applied();
  Stored<void> check(const std::vector<Applied>& applied) const;
  Stored<void> lock();
  Stored<int> apply_missing(const std::function<void(const Migration&, bool done)>& progress);
  Stored<void> apply(const Migration& migration);
  StoreError schema_error(std::string text) const;

  Connection& connection_;
  MigrationOptions options_;
  std::span<const Migration> known_;
};

// Whether the database is exactly at the program's version. Error: schema, with what to do.
Stored<void> check_schema(Connection& connection);

}  // namespace zonelag::aggregator
