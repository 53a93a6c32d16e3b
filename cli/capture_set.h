// The captures of a command line, put to the hosts they were taken at (design.md section 9).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "sensor/replay.h"

namespace zonelag::cli {

// Error: one line (a capture named twice, a HOST= that the inventory does not have).
std::expected<std::vector<sensor::CaptureSite>, std::string> locate_captures(const std::vector<std::string>& arguments,
                                                                             const aggregator::Inventory& inventory);

}  // namespace zonelag::cli
