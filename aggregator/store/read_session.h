// One read-only transaction of one connection, and rows out of it in pieces. Private to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/store/connection.h"
#include "decoder/time.h"

namespace zonelag::aggregator {

// One row of a result, its fields taken one after the other in the order of the query's list.
class Fields {
 public:
  Fields(const Rows& rows, std::size_t row) : rows_(&rows), row_(row) {}

  // Null: an empty text.
  std::string_view text() { return next().value_or(std::string_view()); }
  std::optional<std::int64_t> number();
  std::int64_t number_or(std::int64_t otherwise) { return number().value_or(otherwise); }
  bool boolean() { return text() == "t"; }
  // Of a number of nanoseconds, of microseconds.
  std::optional<decoder::Timestamp> time_ns();
  std::optional<decoder::Timestamp> time_us();
  std::optional<decoder::Duration> duration_us();
  // Of array_to_string(..., E'\x1f').
  std::vector<std::string> list();

 private:
  std::optional<std::string_view> next();

  const Rows* rows_;
  std::size_t row_;
  std::size_t column_ = 0;
};

// SQL for the three ways above: exact, whatever PostgreSQL's display settings are.
std::string us(std::string_view expression);
std::string listed(std::string_view expression);

class ReadSession;

// The rows of one query, fetched in pieces as they are asked for. The session must outlive it.
class Cursor {
 public:
  // Empty: the end. The fields live until the next call.
  Stored<std::optional<Fields>> next();

 private:
  friend class ReadSession;
  Cursor(Connection& connection, std::string name) : connection_(&connection), name_(std::move(name)) {}

  static constexpr std::size_t kPiece = 2'000;  // rows

  Connection* connection_;
  std::string name_;
  Rows piece_;
  std::size_t row_ = 0;
  bool ended_ = false;
};

class ReadSession {
 public:
  static Stored<ReadSession> open(const DatabaseConfig& config);

  Connection& connection() { return *connection_; }
  Stored<Cursor> query(const std::string& text, const std::vector<std::string>& parameters);
  // Calls take for each row until it returns false. May be called again from within take.
  Stored<void> each(const std::string& text, const std::vector<std::string>& parameters,
                    const std::function<bool(Fields&)>& take);

 private:
  explicit ReadSession(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  std::unique_ptr<Connection> connection_;  // stays where it is: cursors refer to it
  unsigned cursors_ = 0;
};

}  // namespace zonelag::aggregator
