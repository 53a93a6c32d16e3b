#include "read_session.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <fstream>

namespace zonelag::aggregator {
namespace {

// The first line of libpq's message, without its "ERROR:".
std::string first_line(std::string_view message) {
  std::string_view line = message.substr(0, message.find('\n'));
  for (const std::string_view prefix : {"ERROR:  ", "FATAL:  "}) {
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  }
  return std::string(line);
}

StoreFault fault_of(std::string_view state) {
  if (state == "42P01" || state == "3F000" || state == "42703" || state == "42883") return StoreFault::schema;
  if (state == "42501" || state.starts_with("28")) return StoreFault::refused;
  if (state.empty() || state.starts_with("08") || state.starts_with("57")) return StoreFault::unavailable;
  return state.starts_with("53") ? StoreFault::full : StoreFault::broken;
}

}  // namespace

std::optional<std::string_view> Fields::next() {
  const int column = column_++;
  if (PQgetisnull(result_, row_, column) == 1) return std::nullopt;
  return std::string_view(PQgetvalue(result_, row_, column),
                          static_cast<std::size_t>(PQgetlength(result_, row_, column)));
}

std::optional<std::int64_t> Fields::number() {
  const auto text = next();
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<decoder::Timestamp> Fields::time_ns() {
  const auto value = number();
  return value ? std::optional(decoder::Timestamp(std::chrono::nanoseconds(*value))) : std::nullopt;
}

std::optional<decoder::Timestamp> Fields::time_us() {
  const auto value = number();
  return value ? std::optional(decoder::Timestamp(std::chrono::microseconds(*value))) : std::nullopt;
}

std::optional<decoder::Duration> Fields::duration_us() {
  const auto value = number();
  return value ? std::optional<decoder::Duration>(std::chrono::microseconds(*value)) : std::nullopt;
}

std::vector<std::string> Fields::list() {
  std::vector<std::string> values;
  std::string_view left = text();
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\x1f'), left.size());
    values.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return values;
}

std::string us(std::string_view expression) {
  return fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", expression);
}

std::string listed(std::string_view expression) { return fmt::format("array_to_string({}, E'\\x1f')", expression); }

Stored<ReadSession> ReadSession::open(const DatabaseConfig& config) {
  std::string password;
  if (!config.password_file.empty()) {
    std::ifstream file(config.password_file);
    if (!std::getline(file, password)) {
      return std::unexpected(
          StoreError{StoreFault::refused, fmt::format("password file '{}' cannot be read", config.password_file)});
    }
  }
  const std::string timeout = std::to_string(std::max<std::int64_t>(1, config.connect_timeout.count() / 1000));
  // What comes later counts: the password file before what the URI says.
  std::vector<const char*> names{"application_name", "connect_timeout", "dbname"};
  std::vector<const char*> values{"zonelag report", timeout.c_str(), config.connection.c_str()};
  if (!password.empty()) {
    names.push_back("password");
    values.push_back(password.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  ReadSession session(std::unique_ptr<PGconn, Closer>(PQconnectdbParams(names.data(), values.data(), 1)));
  if (PQstatus(session.connection_.get()) != CONNECTION_OK) return std::unexpected(session.error_of(nullptr));
  PQsetClientEncoding(session.connection_.get(), "UTF8");
  // Rows are taken to the last: no plan for the first few. Lookups by version beat a scan of every partition.
  for (const char* statement :
       {"BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL statement_timeout = 0",
        "SET LOCAL search_path = tlddns, public", "SET LOCAL cursor_tuple_fraction = 1.0", "SET LOCAL jit = off"}) {
    if (const auto done = session.run(statement); !done) return std::unexpected(done.error());
  }
  return session;
}

Stored<ReadSession::Result> ReadSession::run(const std::string& statement, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  Result result(PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()), nullptr,
                             values.data(), nullptr, nullptr, 0));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return std::unexpected(error_of(result.get()));
  return result;
}

Stored<void> ReadSession::each(const std::string& query, const std::vector<std::string>& parameters,
                               const std::function<bool(Fields&)>& take) {
  const std::string name = fmt::format("rows{}", cursors_++);
  const auto declared = run(fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", name, query), parameters);
  if (!declared) return std::unexpected(declared.error());
  const std::string fetch = fmt::format("FETCH {} FROM {}", kPiece, name);
  for (bool wanted = true; wanted;) {
    const auto piece = run(fetch);
    if (!piece) return std::unexpected(piece.error());
    const int rows = PQntuples(piece->get());
    for (int i = 0; i < rows && wanted; ++i) {
      Fields fields(piece->get(), i);
      wanted = take(fields);
    }
    wanted = wanted && rows == kPiece;
  }
  const auto closed = run("CLOSE " + name);
  if (!closed) return std::unexpected(closed.error());
  return {};
}

StoreError ReadSession::error_of(const PGresult* result) const {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const StoreFault fault = fault_of(state == nullptr ? "" : state);
  const char* message = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* host = PQhost(connection_.get());
  const char* name = PQdb(connection_.get());
  std::string text = fmt::format(
      "database '{}' at {}: {}", name == nullptr ? "" : name, host == nullptr || *host == '\0' ? "this host" : host,
      message != nullptr ? std::string(message) : first_line(PQerrorMessage(connection_.get())));
  if (fault == StoreFault::schema) text += "; run: zonelag db migrate";
  return {fault, text};
}

}  // namespace zonelag::aggregator
