#include "aggregator/store/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <fstream>

#include "fault.h"

namespace zonelag::aggregator {
namespace {

// A message that says nothing useful to somebody who reads one line of a log.
constexpr std::string_view kNoise[] = {"FATAL:  ", "ERROR:  ", "PANIC:  "};

std::string readable(std::string_view message) {
  std::string line = one_line(message);
  for (const std::string_view noise : kNoise) {
    for (auto at = line.find(noise); at != std::string::npos; at = line.find(noise)) line.erase(at, noise.size());
  }
  return line;
}

Stored<std::string> read_password(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    return std::unexpected(
        StoreError{StoreFault::refused, fmt::format("cannot read a password from the first line of '{}'", path)});
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string session_settings(const DatabaseConfig& config) {
  return fmt::format(
      "SET search_path = tlddns, public; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; "
      "SET client_min_messages = warning; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
      config.statement_timeout.count(), 2 * config.statement_timeout.count());
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::string place_of(PGconn* connection) {
  const char* host = PQhost(connection);
  const char* port = PQport(connection);
  const char* database = PQdb(connection);
  const auto or_default = [](const char* text) { return text != nullptr && *text != '\0' ? text : "default"; };
  return fmt::format("PostgreSQL at {}:{}, database {}", or_default(host), or_default(port), or_default(database));
}

bool succeeded(const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC: return true;
    default: return false;
  }
}

// libpq's arrays of a statement's parameters; the statement must outlive it.
struct Arguments {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit Arguments(const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters) {
      types.push_back(parameter.type);
      values.push_back(parameter.value ? parameter.value->data() : nullptr);
      lengths.push_back(parameter.value ? static_cast<int>(parameter.value->size()) : 0);
      formats.push_back(parameter.binary ? 1 : 0);
    }
  }
  int count() const { return static_cast<int>(values.size()); }
};

}  // namespace

// libpq's own words about a connection setting that it cannot read quote from it, and so may tell a password.
ConnectionSetting look_at_connection(const std::string& setting) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(setting.c_str(), nullptr));
  if (options == nullptr) return {.readable = !setting.contains("://") && !setting.contains('=')};  // a name alone
  ConnectionSetting look;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    const bool given = option->val != nullptr && *option->val != '\0';
    if (keyword == "host" && given && std::string_view(option->val).contains('@')) look.readable = false;
    if (keyword == "password" && given) look.has_password = true;
  }
  return look;
}

void Rows::Free::operator()(pg_result* result) const { PQclear(result); }
void Connection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

std::size_t Rows::size() const { return handle_ ? static_cast<std::size_t>(PQntuples(handle_.get())) : 0; }
std::size_t Rows::columns() const { return handle_ ? static_cast<std::size_t>(PQnfields(handle_.get())) : 0; }
std::string Rows::column(std::size_t column) const { return PQfname(handle_.get(), static_cast<int>(column)); }
bool Rows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(handle_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}
std::string_view Rows::at(std::size_t row, std::size_t column) const {
  const auto r = static_cast<int>(row);
  const auto c = static_cast<int>(column);
  return {PQgetvalue(handle_.get(), r, c), static_cast<std::size_t>(PQgetlength(handle_.get(), r, c))};
}
std::size_t Rows::affected() const {
  const std::string_view digits = PQcmdTuples(handle_.get());
  return digits.empty() ? 0 : std::stoull(std::string(digits));
}

Connection::Connection(Handle handle) : handle_(std::move(handle)), place_(place_of(handle_.get())) {}

Stored<Connection> Connection::open(const DatabaseConfig& config) {
  if (!look_at_connection(config.connection).readable) {
    return std::unexpected(
        StoreError{StoreFault::refused, fmt::format("the database's connection setting {}", kUnreadableConnection)});
  }
  std::vector<std::pair<const char*, std::string>> options{
      {"fallback_application_name", "zonelag"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
      // What the user gives comes after our defaults, and wins over them.
      {"dbname", config.connection},
      // libpq takes 1 s for 2 s.
      {"connect_timeout", fmt::format("{}", std::max<std::int64_t>(2, config.connect_timeout.count() / 1000))},
      {"client_encoding", "UTF8"}};
  if (!config.password_file.empty()) {
    auto password = read_password(config.password_file);
    if (!password) return std::unexpected(password.error());
    options.emplace_back("password", std::move(*password));
  }
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name);
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(Handle(PQconnectdbParams(names.data(), values.data(), 1)));
  PGconn* handle = connection.handle();
  if (PQstatus(handle) != CONNECTION_OK) {
    const std::string message = readable(PQerrorMessage(handle));
    return std::unexpected(StoreError{fault_of_connect(message), fmt::format("{}: {}", connection.place_, message)});
  }
  PQsetNoticeProcessor(handle, [](void*, const char*) {}, nullptr);
  if (auto set = connection.script(session_settings(config)); !set) return std::unexpected(set.error());
  return connection;
}

StoreError Connection::error(const pg_result* result) const {
  const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  if (state == nullptr) {
    return {lost() ? StoreFault::unavailable : StoreFault::broken,
            fmt::format("{}: {}", place_, readable(PQerrorMessage(handle_.get())))};
  }
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text != nullptr ? text : "");
  };
  StoreFault fault = fault_of_state(state);
  // A check of the schema's, not a partition that is not there.
  if (std::string_view(state) == "23514" && !field(PG_DIAG_CONSTRAINT_NAME).empty()) fault = StoreFault::broken;
  std::string text = fmt::format("{}: ", place_);
  if (const std::string table = field(PG_DIAG_TABLE_NAME); !table.empty()) text += fmt::format("table {}: ", table);
  text += readable(field(PG_DIAG_MESSAGE_PRIMARY));
  if (const std::string detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
    text += fmt::format(" ({})", readable(detail));
  }
  return {fault, fmt::format("{}{} [{}]", text, advice(fault, state), state)};
}

Stored<Rows> Connection::execute(const Statement& statement) {
  const Arguments arguments(statement.parameters);
  Rows::Handle result(PQexecParams(handle_.get(), statement.sql.c_str(), arguments.count(), arguments.types.data(),
                                   arguments.values.data(), arguments.lengths.data(), arguments.formats.data(),
                                   statement.format == Format::binary ? 1 : 0));
  if (!succeeded(result.get())) return std::unexpected(error(result.get()));
  return Rows(std::move(result));
}

Stored<Rows> Connection::execute(std::string sql, std::vector<Parameter> parameters) {
  return execute(Statement{std::move(sql), std::move(parameters), Format::text});
}

Stored<void> Connection::script(const std::string& sql) {
  const Rows::Handle result(PQexec(handle_.get(), sql.c_str()));
  if (!succeeded(result.get())) return std::unexpected(error(result.get()));
  return {};
}

Stored<std::vector<Rows>> Connection::pipeline(std::span<const Statement> statements) {
  PGconn* handle = handle_.get();
  std::vector<Rows> all;
  if (statements.empty()) return all;
  bool sent = PQenterPipelineMode(handle) == 1;
  for (const Statement& statement : statements) {
    const Arguments arguments(statement.parameters);
    sent = sent && PQsendQueryParams(handle, statement.sql.c_str(), arguments.count(), arguments.types.data(),
                                     arguments.values.data(), arguments.lengths.data(), arguments.formats.data(),
                                     statement.format == Format::binary ? 1 : 0) == 1;
  }
  sent = sent && PQpipelineSync(handle) == 1;
  if (!sent) {
    StoreError failure = error(nullptr);
    handle_.reset();
    return std::unexpected(std::move(failure));
  }
  std::optional<StoreError> failure;
  for (bool synced = false; !synced && !lost();) {
    Rows::Handle result(PQgetResult(handle));
    if (!result) continue;  // between two statements
    synced = PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
    if (synced || failure) continue;
    if (!succeeded(result.get())) {
      failure = error(result.get());
    } else {
      all.emplace_back(std::move(result));
    }
  }
  if (lost() && !failure) failure = error(nullptr);
  PQexitPipelineMode(handle);
  if (failure) return std::unexpected(std::move(*failure));
  return all;
}

Stored<void> Connection::begin(const char* how) { return script(how); }

Stored<void> Connection::commit() {
  const Rows::Handle result(PQexec(handle_.get(), "COMMIT"));
  if (!succeeded(result.get())) return std::unexpected(error(result.get()));
  if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return {};
  return std::unexpected(StoreError{StoreFault::broken, place_ + ": the transaction had failed already"});
}

void Connection::rollback() {
  if (in_transaction()) Rows::Handle(PQexec(handle_.get(), "ROLLBACK"));
}

bool Connection::lost() const { return !handle_ || PQstatus(handle_.get()) != CONNECTION_OK; }

bool Connection::in_transaction() const {
  if (lost()) return false;
  const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

}  // namespace zonelag::aggregator
