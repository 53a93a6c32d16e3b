// Times as a person gives them on the command line, in UTC.
#pragma once

#include <optional>
#include <string_view>

#include "decoder/time.h"

namespace zonelag::cli {

// "2026-11-20" (`is_end`: the end of that day, else its beginning) or RFC 3339, "2026-11-20T12:00:00.5+01:00".
std::optional<decoder::Timestamp> time_argument(std::string_view text, bool is_end);

// "2026-11": the first instants of that month and of the next.
struct Month {
  decoder::Timestamp from;
  decoder::Timestamp until;
};
std::optional<Month> month_argument(std::string_view text);

}  // namespace zonelag::cli
