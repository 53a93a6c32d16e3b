// The order of a version's node rows, wherever they come from: down the chain, then by location, hostname, address.
#pragma once

#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

void sort_nodes(std::vector<NodeRow>& nodes);

}  // namespace zonelag::aggregator
