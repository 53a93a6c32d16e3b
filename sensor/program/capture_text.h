// Values that only the sensor's settings have, as text; see service/value_text.h.
#pragma once

#include <string>
#include <string_view>

#include "decoder/signals.h"
#include "service/value_text.h"

namespace zonelag::sensor {

// "OWNER", in the zone that is the owner without its first label, or "OWNER=ZONE".
service::Parsed<decoder::WatchedText> parse_stamp(std::string_view text);
std::string show_stamp(const decoder::WatchedText& stamp);

// As Linux takes it: at most 15 bytes, without spaces and slashes.
service::Parsed<std::string> parse_interface(std::string_view text);

}  // namespace zonelag::sensor
