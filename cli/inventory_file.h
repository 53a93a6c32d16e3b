// An inventory file as rows, with all that is wrong with it.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "aggregator/inventory.h"

namespace zonelag::cli {

struct InventoryFile {
  std::string name;  // for messages
  aggregator::InventoryRows rows;
  std::vector<std::string> contradictions;  // each one line, lines of the file named
};

// "-" is standard input. Error: one line; the file cannot be read as rows at all.
std::expected<InventoryFile, std::string> read_inventory_file(const std::string& path);

}  // namespace zonelag::cli
