#include "read_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aggregator/store/migrations.h"

namespace zonelag::aggregator {

std::optional<std::string_view> Fields::next() {
  const std::size_t column = column_++;
  if (rows_->is_null(row_, column)) return std::nullopt;
  return rows_->at(row_, column);
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
  auto connection = Connection::open(config);
  if (!connection) return std::unexpected(connection.error());
  if (auto right = check_schema(*connection); !right) return std::unexpected(right.error());
  if (auto begun = connection->begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
    return std::unexpected(begun.error());
  // Rows are taken to the last, of whole periods: what suits the service's lookups does not suit these.
  const auto set = connection->script(
      "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; "
      "SET LOCAL cursor_tuple_fraction = 1.0; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on");
  if (!set) return std::unexpected(set.error());
  return ReadSession(std::make_unique<Connection>(*std::move(connection)));
}

Stored<Cursor> ReadSession::query(const std::string& text, const std::vector<std::string>& parameters) {
  Cursor cursor(*connection_, fmt::format("rows{}", cursors_++));
  const auto declared = connection_->execute(fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", cursor.name_, text),
                                             std::vector<Parameter>(parameters.begin(), parameters.end()));
  if (!declared) return std::unexpected(declared.error());
  return cursor;
}

Stored<std::optional<Fields>> Cursor::next() {
  if (row_ == piece_.size() && !ended_) {
    auto piece = connection_->execute(fmt::format("FETCH {} FROM {}", kPiece, name_));
    if (!piece) return std::unexpected(piece.error());
    piece_ = *std::move(piece);
    row_ = 0;
    ended_ = piece_.size() < kPiece;
  }
  if (row_ == piece_.size()) return std::nullopt;
  return Fields(piece_, row_++);
}

Stored<void> ReadSession::each(const std::string& text, const std::vector<std::string>& parameters,
                               const std::function<bool(Fields&)>& take) {
  auto cursor = query(text, parameters);
  if (!cursor) return std::unexpected(cursor.error());
  for (;;) {
    auto fields = cursor->next();
    if (!fields) return std::unexpected(fields.error());
    if (!*fields || !take(**fields)) return {};
  }
}

}  // namespace zonelag::aggregator
