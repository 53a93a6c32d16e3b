// Sources that the inventory does not know, as a table for people.
#pragma once

#include <string>
#include <vector>

#include "aggregator/join.h"

namespace zonelag::cli {

// Empty when there is none; else begins with an empty line and names at most kShownSources.
std::string unknown_table(const std::vector<aggregator::UnknownSource>& sources);

inline constexpr std::size_t kShownSources = 20;

}  // namespace zonelag::cli
