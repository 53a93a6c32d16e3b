// Text that every reader of a record can hold: UTF-8 (RFC 3629; proto3 strings must be) without zero bytes (which
// PostgreSQL's text does not take).
#pragma once

#include <string>
#include <string_view>

namespace zonelag::proto {

// `text` with each byte that does not belong replaced by U+FFFD.
std::string as_text(std::string_view text);

}  // namespace zonelag::proto
