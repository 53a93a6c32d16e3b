// Between reading and saving the inventory's tables.
#pragma once

#include "aggregator/store/inventory_store.h"

namespace zonelag::aggregator {

// nameservers, customer_nameservers, policies.
Stored<std::vector<Rows>> read_inventory_tables(Connection& connection);
Stored<InventoryRows> parse_inventory_tables(const Connection& connection, const std::vector<Rows>& tables);

}  // namespace zonelag::aggregator
