#include "copy_in.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace zonelag::aggregator {
namespace {

constexpr std::size_t kPiece = 262'144;

// Signature, no flags, no extension (PostgreSQL's manual, COPY, "Binary Format").
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::int16_t kTrailer = -1;

bool send_rows(PGconn* handle, const CopyJob& job) {
  CopyBuffer buffer;
  std::string& bytes = buffer.bytes();
  bytes.reserve(kPiece + kPiece / 8);
  bytes = kHeader;
  const auto flush = [&] {
    const bool sent = PQputCopyData(handle, bytes.data(), static_cast<int>(bytes.size())) == 1;
    bytes.clear();
    return sent;
  };
  for (std::size_t row = 0; row < job.rows; ++row) {
    buffer.begin_row(job.columns);
    job.put(buffer, row);
    if (bytes.size() >= kPiece && !flush()) return false;
  }
  buffer.begin_row(kTrailer);
  return flush() && PQputCopyEnd(handle, nullptr) == 1;
}

}  // namespace

Stored<void> copy_in(Connection& connection, std::span<const CopyJob> jobs) {
  std::string command;
  for (const CopyJob& job : jobs) command += fmt::format("COPY {} FROM STDIN (FORMAT binary);", job.target);
  if (command.empty()) return {};
  PGconn* handle = connection.handle();
  if (PQsendQuery(handle, command.c_str()) != 1) return std::unexpected(connection.error(nullptr));
  std::optional<StoreError> failure;
  auto next = jobs.begin();
  while (const Rows::Handle result{PQgetResult(handle)}) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COPY_IN && next != jobs.end()) {
      // A failure to send shows as the result of the command, too.
      if (!send_rows(handle, *next++) && connection.lost()) break;
    } else if (status != PGRES_COMMAND_OK && !failure) {
      failure = connection.error(result.get());
    }
    if (connection.lost()) break;
  }
  if (failure) return std::unexpected(std::move(*failure));
  if (connection.lost()) return std::unexpected(connection.error(nullptr));
  return {};
}

}  // namespace zonelag::aggregator
