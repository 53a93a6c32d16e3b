// How a version's lags are distributed over its nodes: an SVG picture of the empirical distribution. Private to the
// room.
#pragma once

#include <string>

#include "aggregator/policy.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

// As an HTML figure; empty where fewer than two nodes have a lag. `policy`: the one that gave the
// verdict; null: none.
std::string distribution(const VersionRow& version, const Policy* policy, const std::string& id);

}  // namespace zonelag::aggregator::html
