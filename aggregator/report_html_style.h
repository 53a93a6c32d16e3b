// The page's constant parts. Private to the room.
#pragma once

#include <string_view>

namespace zonelag::aggregator::html {

extern const std::string_view kStyle;
extern const std::string_view kScript;
extern const std::string_view kScriptHash;  // of kScript, as a content security policy names it; a test compares
extern const std::string_view kSymbols;     // shapes that pictures use

}  // namespace zonelag::aggregator::html
