// How results are printed.
#pragma once

#include <cstdint>

namespace zonelag::cli {

enum class Format : std::uint8_t { table, json, csv };
enum class Colour : std::uint8_t { automatic, always, never };

}  // namespace zonelag::cli
