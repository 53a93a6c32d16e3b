#include "database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aggregator/store/migrations.h"

namespace zonelag::aggregator {

testing::PostgresServer& server() {
  static testing::PostgresServer only(
      {"--set", "fsync=off", "--set", "max_connections=30", "--set", "shared_buffers=64MB"});
  return only;
}

Database::Database(Schema schema) {
  static int count = 0;
  name_ = fmt::format("test_{}", ++count);
  auto admin = Connection::open({.connection = server().connection()});
  if (!admin) throw std::runtime_error(admin.error().text);
  if (auto made = admin->script("CREATE DATABASE " + name_); !made) throw std::runtime_error(made.error().text);
  if (schema == Schema::none) return;
  Connection connection = connect();
  if (auto done = Migrator(connection).migrate(); !done) throw std::runtime_error(done.error().text);
  static const bool made_role = [&] {
    run("CREATE ROLE service LOGIN PASSWORD 'right' IN ROLE zonelag_aggregator; CREATE ROLE reader LOGIN IN ROLE "
        "zonelag_reader; "
        "CREATE ROLE stranger LOGIN PASSWORD 'right'");
    return true;
  }();
  EXPECT_TRUE(made_role);
}

DatabaseConfig Database::config(const std::string& role) const {
  return {.connection = server().connection(name_, role)};
}

Connection Database::connect(const std::string& role) const {
  auto connection = Connection::open(config(role));
  if (!connection) throw std::runtime_error(connection.error().text);
  return std::move(*connection);
}

std::string Database::value(const std::string& sql) const {
  Connection connection = connect();
  const auto rows = connection.execute(sql);
  if (!rows) {
    ADD_FAILURE() << sql << ": " << rows.error().text;
    return "";
  }
  if (rows->size() == 0) return "no row";
  return rows->is_null(0, 0) ? "NULL" : std::string(rows->at(0, 0));
}

void Database::run(const std::string& sql) const {
  Connection connection = connect();
  if (const auto ran = connection.script(sql); !ran) ADD_FAILURE() << sql << ": " << ran.error().text;
}

std::string Database::rows(const std::string& sql) const {
  Connection connection = connect();
  const auto rows = connection.execute(sql);
  if (!rows) {
    ADD_FAILURE() << sql << ": " << rows.error().text;
    return "";
  }
  std::string all;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    if (row > 0) all += ';';
    for (std::size_t column = 0; column < rows->columns(); ++column) {
      if (column > 0) all += '|';
      all += rows->is_null(row, column) ? "NULL" : std::string(rows->at(row, column));
    }
  }
  return all;
}

}  // namespace zonelag::aggregator
