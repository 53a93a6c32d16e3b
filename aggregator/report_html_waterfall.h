// A version's way through the nodes as an SVG picture. Private to the room.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

// At most `limit` nodes in the order of a picture: roles along the way; secondaries by location, the first to have the
// version first. What is left out of more: secondaries that have it, the fastest first.
std::vector<const NodeRow*> nodes_in_order(const VersionRow& version, std::size_t limit);

// `id`: the figure's; the titles' ids begin with it. `nodes` as above.
std::string waterfall(const VersionRow& version, const std::vector<const NodeRow*>& nodes, const std::string& id);

// What the marks mean, as HTML.
std::string waterfall_legend();

}  // namespace zonelag::aggregator::html
