// Pieces of lines for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/time.h"

namespace zonelag::cli {

using Json = nlohmann::ordered_json;

// On one line; bytes that are no UTF-8 as U+FFFD.
std::string to_line(const Json& record);
// As design.md section 8 has them: RFC 3339, decimal seconds; what is not known is null.
Json json_time(const std::optional<decoder::Timestamp>& time);
Json json_seconds(const std::optional<decoder::Duration>& duration);
Json json_text(const std::string& text);  // empty: null

// RFC 4180.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace zonelag::cli
