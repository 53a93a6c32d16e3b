#include "lines.h"

#include "aggregator/time_text.h"

namespace zonelag::cli {

std::string to_line(const Json& record) { return record.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json json_time(const std::optional<decoder::Timestamp>& time) {
  return time ? Json(aggregator::rfc3339(*time)) : Json(nullptr);
}

Json json_seconds(const std::optional<decoder::Duration>& duration) {
  if (!duration) return nullptr;
  return std::chrono::duration<double>(*duration).count();
}

Json json_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) line += ',';
    if (field.find_first_of("\",\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  return line;
}

}  // namespace zonelag::cli
