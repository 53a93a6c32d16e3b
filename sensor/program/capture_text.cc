#include "capture_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonelag::sensor {
namespace {

using decoder::ZoneName;
using service::Parsed;

ZoneName parent(const ZoneName& name) {
  const std::string_view wire = name.wire();
  return ZoneName::from_canonical(wire.substr(1 + static_cast<std::uint8_t>(wire.front())));
}

bool is_in(ZoneName name, const ZoneName& zone) {
  while (name != zone) {
    if (name.is_root()) return false;
    name = parent(name);
  }
  return true;
}

// '=' divides owner and zone.
std::string without_equals(std::string text) {
  for (std::size_t at = text.find('='); at != std::string::npos; at = text.find('=', at)) text.replace(at, 1, "\\061");
  return text;
}

bool is_graphic(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; }

}  // namespace

Parsed<decoder::WatchedText> parse_stamp(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto owner = ZoneName::parse(text.substr(0, equals));
  if (!owner || text.empty()) return std::unexpected(fmt::format("'{}' is no domain name", text.substr(0, equals)));
  if (equals == std::string_view::npos) {
    if (owner->is_root()) return std::unexpected(std::string("the root is in no zone but itself: .=."));
    return decoder::WatchedText{.owner = *owner, .zone = parent(*owner)};
  }
  const auto zone = ZoneName::parse(text.substr(equals + 1));
  if (!zone || equals + 1 == text.size())
    return std::unexpected(fmt::format("'{}' is no domain name", text.substr(equals + 1)));
  if (!is_in(*owner, *zone))
    return std::unexpected(fmt::format("'{}' is not in the zone '{}'", owner->to_text(), zone->to_text()));
  return decoder::WatchedText{.owner = *owner, .zone = *zone};
}

std::string show_stamp(const decoder::WatchedText& stamp) {
  return without_equals(stamp.owner.to_text()) + "=" + without_equals(stamp.zone.to_text());
}

Parsed<std::string> parse_interface(std::string_view text) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ - 1
  const bool good = std::ranges::all_of(text, [](char c) { return is_graphic(c) && c != '/'; });
  if (good && !text.empty() && text.size() <= kLongest) return std::string(text);
  return std::unexpected(fmt::format("'{}' is no interface's name (at most 15 bytes, no space, no slash)", text));
}

}  // namespace zonelag::sensor
