// Why a record is no event, as a metric's label: without what differs from record to record.
#pragma once

#include <string>
#include <string_view>

namespace zonelag::aggregator {

// "event: captured_at: 2031-... is in the future" is "event: captured_at": parts with a digit in them are left out.
std::string kind_of_reason(std::string_view reason);

}  // namespace zonelag::aggregator
