#include "log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <nlohmann/json.hpp>

namespace zonelag::service {
namespace {

// RFC 3339, UTC, milliseconds.
std::string time_text(decoder::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

bool is_printable(char byte) { return byte >= ' ' && byte <= '~'; }

void append_escaped(std::string& line, std::string_view text, bool quoted) {
  for (const char byte : text) {
    if (!is_printable(byte)) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(byte));
      continue;
    }
    if (quoted && (byte == '"' || byte == '\\')) line += '\\';
    line += byte;
  }
}

void append_value(std::string& line, const std::string& text) {
  const bool word = !text.empty() && std::ranges::all_of(text, [](char byte) {
    return is_printable(byte) && std::string_view(" \"\\=").find(byte) == std::string_view::npos;
  });
  if (word) {
    line += text;
    return;
  }
  line += '"';
  append_escaped(line, text, true);
  line += '"';
}

void append_value(std::string& line, const LogValue& value) {
  std::visit(
      [&line](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
          append_value(line, held);
        } else {
          fmt::format_to(std::back_inserter(line), "{}", held);
        }
      },
      value);
}

// sd-daemon(3): as syslog's.
int priority(LogLevel level) {
  switch (level) {
    case LogLevel::error: return 3;
    case LogLevel::warning: return 4;
    case LogLevel::info: return 6;
    case LogLevel::debug: return 7;
  }
  return 6;
}

const char* colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "\x1b[31m";
    case LogLevel::warning: return "\x1b[33m";
    case LogLevel::info: return "\x1b[32m";
    case LogLevel::debug: return "\x1b[2m";
  }
  return "";
}

}  // namespace

std::string text_line(const LogEntry& entry, bool journal, bool colour) {
  std::string line = journal ? fmt::format("<{}>", priority(entry.level)) : time_text(entry.time) + " ";
  const char* level = to_string(entry.level);
  line += colour ? fmt::format("{}{}\x1b[0m ", colour_of(entry.level), level) : fmt::format("{} ", level);
  append_escaped(line, entry.message, false);
  for (const LogField& field : entry.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

std::string json_line(const LogEntry& entry) {
  nlohmann::ordered_json object;
  object["time"] = time_text(entry.time);
  object["level"] = to_string(entry.level);
  object["message"] = entry.message;
  for (const LogField& field : entry.fields) {
    assert(!object.contains(field.key));
    std::visit([&](const auto& held) { object[field.key] = held; }, field.value);
  }
  // ASCII alone: a terminal that shows the log takes some characters beyond it as commands.
  return object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace zonelag::service
