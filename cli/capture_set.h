// The captures of a command line, put to the hosts they were taken at (design.md section 9).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "sensor/replay.h"

namespace zonelag::cli {

// In an order of their own, whatever that of the arguments. Error: one line (a capture given twice, under whatever
// names; a HOST= that the inventory does not have).
std::expected<std::vector<sensor::CaptureSite>, std::string> locate_captures(const std::vector<std::string>& arguments,
                                                                             const aggregator::Inventory& inventory);

// Hostnames of the inventory whose captures are missing, where some node's are there: its own packets, the answers of
// its anycast addresses above all, were seen by nobody else. None where all captures are of mirror ports.
std::vector<std::string> nodes_without_capture(const std::vector<sensor::CaptureSite>& sites,
                                               const aggregator::Inventory& inventory);

}  // namespace zonelag::cli
