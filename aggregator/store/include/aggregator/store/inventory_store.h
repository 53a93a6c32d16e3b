// The inventory's tables: nameservers, customer_nameservers, policies.
#pragma once

#include "aggregator/inventory.h"
#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

// What the tables hold, whether it contradicts itself or not. Error: names the row that cannot be read (no address
// where there should be one, ...).
Stored<InventoryRows> load_inventory_rows(Connection& connection);

enum class InventoryMode : std::uint8_t {
  replace,  // the tables then hold these rows and no others
  merge,    // rows of the same key (hostname; ip and zone; name) are replaced, others stay
};
struct InventorySaved {
  std::size_t inserted = 0;
  std::size_t updated = 0;
  std::size_t deleted = 0;
};
// In one transaction; rows that stay keep their ids. Error: also Inventory::build's, for what the tables would hold
// then; nothing is changed.
Stored<InventorySaved> save_inventory_rows(Connection& connection, const InventoryRows& rows, InventoryMode mode);

// Every change of a node's service that is known, by the pseudo-zone bgp or by status.
Stored<std::vector<ServiceChange>> load_services(Connection& connection);

}  // namespace zonelag::aggregator
