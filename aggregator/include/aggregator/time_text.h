// Times and durations as text: exact for machines, short for people.
#pragma once

#include <string>

#include "decoder/time.h"

namespace zonelag::aggregator {

// RFC 3339 in UTC, always nine decimals: "2026-11-20T12:00:00.411000000Z".
std::string rfc3339(decoder::Timestamp time);

// Seconds as a decimal number, exact, signed, without exponent or trailing zeros: "2.113", "-0.000000001", "0", "60".
std::string decimal_seconds(decoder::Duration duration);

// For people, in UTC to the millisecond (cut, not rounded: never later than it was): "2026-11-20 12:00:00.411".
std::string date_and_clock(decoder::Timestamp time);

// For people, three digits or so, rounded half up: "412 ms", "4.1 ms", "1.3 s", "2 m 05 s", "1 h 05 m", "3 d 04 h";
// below a millisecond "87 µs" and "5 ns"; "0 ms". Negative with "-".
std::string human_duration(decoder::Duration duration);

}  // namespace zonelag::aggregator
