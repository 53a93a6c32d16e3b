// One connection to PostgreSQL: what the store and the commands share. Blocking, one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/store/postgres.h"
#include "aggregator/store/store.h"

struct pg_conn;  // libpq's; its header stays in this room
struct pg_result;

namespace zonelag::aggregator {

// What can be said of DatabaseConfig::connection without a server.
struct ConnectionSetting {
  bool readable = true;
  bool has_password = false;
};
ConnectionSetting look_at_connection(const std::string& setting);
inline constexpr const char* kUnreadableConnection =
    "is neither a URI nor keywords of libpq; in a URI, special characters of a password are written as %XX";

// A result in memory. Fields are bytes as the server sent them: text, unless binary was asked for.
class Rows {
 public:
  struct Free {
    void operator()(pg_result* result) const;
  };
  using Handle = std::unique_ptr<pg_result, Free>;

  Rows() = default;
  explicit Rows(Handle handle) : handle_(std::move(handle)) {}

  std::size_t size() const;
  std::size_t columns() const;
  std::string column(std::size_t column) const;  // its name
  bool is_null(std::size_t row, std::size_t column) const;
  std::string_view at(std::size_t row, std::size_t column) const;  // null: empty. Lives as long as the rows
  std::size_t affected() const;                                    // rows inserted, updated, deleted or copied

 private:
  Handle handle_;
};

// A parameter ($1, ...). Text is for the server to parse; binary must name its type.
struct Parameter {
  std::optional<std::string> value;  // empty: NULL
  bool binary = false;
  unsigned type = 0;  // PostgreSQL's identifier of the type; 0: the server finds it out

  Parameter() = default;
  Parameter(std::string text) : value(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Parameter(const char* text) : value(text) {}             // NOLINT(google-explicit-constructor)
  static Parameter number(std::int64_t number) { return Parameter(std::to_string(number)); }
};

enum class Format : std::uint8_t { text, binary };

struct Statement {
  std::string sql;
  std::vector<Parameter> parameters;
  Format format = Format::text;
};

class Connection {
 public:
  // Session: UTC, search_path "tlddns, public". Error: one line that names host, port, database and user.
  static Stored<Connection> open(const DatabaseConfig& config);

  // One statement.
  Stored<Rows> execute(const Statement& statement);
  Stored<Rows> execute(std::string sql, std::vector<Parameter> parameters = {});
  // Several statements without results, sent and done at once.
  Stored<void> script(const std::string& sql);
  // Several statements in one round trip; after the first error none is run.
  Stored<std::vector<Rows>> pipeline(std::span<const Statement> statements);
  // BEGIN, or with more to it ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").
  Stored<void> begin(const char* how = "BEGIN");
  Stored<void> commit();
  void rollback();  // nothing to do where no transaction is open

  bool lost() const;  // of no use any more
  bool in_transaction() const;
  const std::string& place() const { return place_; }  // "PostgreSQL at HOST:PORT, database NAME"
  pg_conn* handle() const { return handle_.get(); }
  // What the last call went wrong with; `result`: where the server's answer is, or null.
  StoreError error(const pg_result* result) const;

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  using Handle = std::unique_ptr<pg_conn, Finish>;

  explicit Connection(Handle handle);

  Handle handle_;
  std::string place_;
};

}  // namespace zonelag::aggregator
