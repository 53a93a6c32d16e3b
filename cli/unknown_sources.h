// Sources that the inventory does not know, for people and for machines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aggregator/join.h"

namespace zonelag::cli {

// Empty when there is none; else begins with an empty line and names at most kShownSources.
std::string unknown_table(const std::vector<aggregator::UnknownSource>& sources);

// {"record":"unknown_source","address":...}, without a line feed.
std::string to_json(const aggregator::UnknownSource& source);

inline constexpr std::size_t kShownSources = 20;

}  // namespace zonelag::cli
