// PostgreSQL's errors as ours.
#pragma once

#include <string>
#include <string_view>

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

// By SQLSTATE (PostgreSQL's manual, appendix A).
StoreFault fault_of_state(std::string_view sqlstate);
// libpq gives no SQLSTATE of a failed connection: by the words of its message.
StoreFault fault_of_connect(std::string_view message);
// What to do about it, as the end of a line; empty: the message says it.
const char* advice(StoreFault fault, std::string_view sqlstate);
// Trimmed, lines joined.
std::string one_line(std::string_view text);

}  // namespace zonelag::aggregator
