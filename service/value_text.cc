#include "service/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "decoder/net.h"

namespace zonelag::service {
namespace {

using decoder::Duration;
using decoder::IpAddress;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kSizes{
    {{"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};
constexpr std::array<Unit, 7> kDurations{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}}};

// Digits at the beginning of `text`, which are taken off it.
std::optional<std::uint64_t> take_digits(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const auto value = take_digits(text);
  return text.empty() ? value : std::nullopt;
}

// Digits and one of `units`; `bare`: what digits alone are multiplied with, 0 where that is no value.
std::optional<std::uint64_t> with_unit(std::string_view text, const auto& units, std::uint64_t bare) {
  const auto number = take_digits(text);
  if (!number) return std::nullopt;
  const auto unit = std::ranges::find(units, text, &Unit::name);
  const std::uint64_t factor = text.empty() ? bare : unit == units.end() ? 0 : unit->factor;
  std::uint64_t value = 0;
  if (factor == 0 || __builtin_mul_overflow(*number, factor, &value)) return std::nullopt;
  return value;
}

// In the largest unit that it is a whole number of.
std::string in_units(std::uint64_t value, const auto& units, std::string_view bare) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (value != 0 && value % unit->factor == 0) return fmt::format("{}{}", value / unit->factor, unit->name);
  }
  return fmt::format("{}{}", value, bare);
}

Duration nanoseconds(std::uint64_t count) { return Duration(static_cast<Duration::rep>(count)); }

bool is_graphic(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; }

bool is_port(std::string_view text, std::uint64_t least) {
  const auto port = whole_number(text);
  return port && *port >= least && *port <= std::numeric_limits<std::uint16_t>::max();
}

// Host and port, brackets kept; the port is nullopt where there is none. nullopt: neither form.
std::optional<std::pair<std::string_view, std::optional<std::string_view>>> host_and_port(std::string_view text) {
  const std::size_t colon = text.starts_with('[') ? text.find(':', text.find(']')) : text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || !std::ranges::all_of(host, is_graphic)) return std::nullopt;
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || !IpAddress::parse(host.substr(1, host.size() - 2))) return std::nullopt;
  } else if (host.find_first_of("]/,") != std::string_view::npos) {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) return std::pair{host, std::optional<std::string_view>()};
  return std::pair{host, std::optional(text.substr(colon + 1))};
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text, Range<std::uint64_t> range) {
  const auto value = whole_number(text);
  if (value && *value >= range.least && *value <= range.most) return *value;
  return std::unexpected(fmt::format("'{}' is no number from {} to {}", text, range.least, range.most));
}

Parsed<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::unexpected(fmt::format("'{}' is neither true nor false", text));
}

Parsed<std::uint64_t> parse_size(std::string_view text, Range<std::uint64_t> range) {
  const auto value = with_unit(text, kSizes, 1);
  if (value && *value >= range.least && *value <= range.most) return *value;
  return std::unexpected(fmt::format("'{}' is no size from {} to {}, in bytes, KiB, MiB, GiB or TiB", text,
                                     show_size(range.least), show_size(range.most)));
}

std::string show_size(std::uint64_t bytes) { return in_units(bytes, kSizes, ""); }

Parsed<Duration> parse_duration(std::string_view text, Range<Duration> range, Duration unit) {
  const auto value = with_unit(text, kDurations, 0);
  const bool fits = value && *value <= static_cast<std::uint64_t>(Duration::max().count());
  if (fits && nanoseconds(*value) >= range.least && nanoseconds(*value) <= range.most &&
      nanoseconds(*value) % unit == Duration::zero())
    return nanoseconds(*value);
  return std::unexpected(fmt::format("'{}' is no duration from {} to {}, as in 500ms, 10s, 5m, 1h, 7d", text,
                                     show_duration(range.least), show_duration(range.most)));
}

std::string show_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  return in_units(static_cast<std::uint64_t>(duration.count()), kDurations, "ns");
}

Parsed<std::string> parse_listen(std::string_view text) {
  if (text.empty() || text == "off") return std::string();
  const auto parts = host_and_port(text);
  if (parts && parts->second && is_port(*parts->second, 0) &&
      (parts->first.starts_with('[') || parts->first == "localhost" || IpAddress::parse(parts->first)))
    return std::string(text);
  return std::unexpected(
      fmt::format("'{}' is neither ADDRESS:PORT, as in 127.0.0.1:9153 or [::1]:9153, nor off", text));
}

Parsed<std::string> parse_broker(std::string_view text) {
  const auto parts = host_and_port(text);
  if (parts && (!parts->second || is_port(*parts->second, 1))) return std::string(text);
  return std::unexpected(
      fmt::format("'{}' is no broker: HOST:PORT, as in kafka1.example:9092 or [2001:db8::1]:9092", text));
}

}  // namespace zonelag::service
