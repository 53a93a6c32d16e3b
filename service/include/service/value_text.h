// Values of settings as text: one parser and one printer for each kind, and what is printed reads back the same.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "decoder/time.h"

namespace zonelag::service {

// What the value is, or what is wrong with the text: "'x' is no number from 1 to 64".
template <typename T>
using Parsed = std::expected<T, std::string>;

// Both ends are good values.
template <typename T>
struct Range {
  T least{};
  T most{};
};

Parsed<std::uint64_t> parse_number(std::string_view text, Range<std::uint64_t> range);

// "true" or "false".
Parsed<bool> parse_boolean(std::string_view text);

// Bytes: "4096", "64MiB"; KiB, MiB, GiB and TiB.
Parsed<std::uint64_t> parse_size(std::string_view text, Range<std::uint64_t> range);
std::string show_size(std::uint64_t bytes);

// A whole number and ns, us, ms, s, m, h or d: "500ms", "7d". `unit`: the finest that can be kept.
Parsed<decoder::Duration> parse_duration(std::string_view text, Range<decoder::Duration> range, decoder::Duration unit);
std::string show_duration(decoder::Duration duration);

// "ADDRESS:PORT", "[IPV6]:PORT", "localhost:PORT", or "off", which is kept as "".
Parsed<std::string> parse_listen(std::string_view text);

// "HOST", "HOST:PORT" or "[IPV6]:PORT".
Parsed<std::string> parse_broker(std::string_view text);

}  // namespace zonelag::service
