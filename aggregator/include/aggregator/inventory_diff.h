// What an import changes in an inventory. Rows are told apart by what names them: a nameserver by its hostname, a
// customer's by address and zone, a policy by its name. Lines of files make no difference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aggregator/inventory.h"

namespace zonelag::aggregator {

enum class RowChange : std::uint8_t { added, changed, removed };

struct InventoryDifference {
  RowChange change = RowChange::added;
  std::string row;                  // "nameserver \"vie1\"", "customer_nameserver 192.0.2.1 for zone *"
  std::vector<std::string> fields;  // changed: "status: production -> maintenance"
};

// By kind, each in the order of `after`, what is removed last.
std::vector<InventoryDifference> difference(const InventoryRows& before, const InventoryRows& after);

// `base` with the rows of `with` added, or put in the place of those that they name.
InventoryRows merge(const InventoryRows& base, const InventoryRows& with);

}  // namespace zonelag::aggregator
