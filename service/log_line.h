// One log entry as one line of text or JSON.
#pragma once

#include <string>
#include <string_view>

#include "service/log.h"

namespace zonelag::service {

struct LogEntry {
  LogLevel level;
  decoder::Timestamp time;
  std::string_view message;
  const LogFields& fields;
};

// TIME LEVEL MESSAGE KEY=VALUE...; what is not printable ASCII is escaped as \xNN, a value that would not read as one
// word is in quotes. To the journal: <N>LEVEL MESSAGE ..., because it has a time of its own.
std::string text_line(const LogEntry& entry, bool journal, bool colour);
// One object; fields beside time (RFC 3339), level and message. Bytes that are no UTF-8 become U+FFFD.
std::string json_line(const LogEntry& entry);

}  // namespace zonelag::service
