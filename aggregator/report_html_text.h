// Texts and numbers as they may stand in HTML. Private to the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

// For element content and quoted attributes. Bytes that are not UTF-8 and control characters become U+FFFD.
std::string escaped(std::string_view text);

// At most `columns` wide (East Asian characters count two), an ellipsis in place of the rest. Not escaped yet.
std::string shortened(std::string_view text, std::size_t columns);

// A coordinate: one decimal, none where it is 0.
std::string px(double value);

// later - earlier; wraps where the difference is beyond the type, instead of being undefined.
Duration since(Timestamp later, Timestamp earlier);

// For people; empty text where it is not known.
std::string lag_text(const std::optional<Duration>& lag);

// The node's name as shown: its hostname, else its account, else its address.
std::string name_of(const NodeRow& node);

// 1 234 567
std::string grouped(std::uint64_t number);

}  // namespace zonelag::aggregator::html
