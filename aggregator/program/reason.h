// Reasons without what differs from one time to the next: for a metric's label, and to tell a problem once.
#pragma once

#include <string>
#include <string_view>

namespace zonelag::aggregator {

// Why a record is no event: "event: captured_at: 2031-... is in the future" is "event: captured_at": parts with a digit
// in them are left out.
std::string kind_of_reason(std::string_view reason);

// The same for texts that differ in numbers alone: "(tuple (0,8))" is "(tuple (#,#))".
std::string without_numbers(std::string_view text);

}  // namespace zonelag::aggregator
