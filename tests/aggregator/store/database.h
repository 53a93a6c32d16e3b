// Databases with the schema in them, for tests: one server for the program, a database for each test.
#pragma once

#include <string>

#include "aggregator/store/connection.h"
#include "aggregator/store/postgres.h"
#include "postgres_server.h"

namespace zonelag::aggregator {

// Of this program, started at the first use.
testing::PostgresServer& server();

// A new database, migrated or empty.
class Database {
 public:
  enum class Schema { migrated, none };
  explicit Database(Schema schema = Schema::migrated);

  const std::string& name() const { return name_; }
  // As a member of the group zonelag_aggregator and nothing else: what the service has.
  DatabaseConfig service() const { return config("service"); }
  DatabaseConfig config(const std::string& role = "") const;
  Connection connect(const std::string& role = "") const;
  // The first field of the first row; "NULL". A failure fails the test.
  std::string value(const std::string& sql) const;
  void run(const std::string& sql) const;
  // All rows, fields apart by "|", rows by ";".
  std::string rows(const std::string& sql) const;

 private:
  std::string name_;
};

}  // namespace zonelag::aggregator
