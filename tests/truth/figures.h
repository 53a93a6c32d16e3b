// Messages, records and bytes of transfers: ours against those that BIND logs.
#pragma once

#include <vector>

#include "aggregator/exchange_rows.h"
#include "aggregator/inventory.h"
#include "truth.h"
#include "truth_check.h"

namespace zonelag::truth {

// Each transfer that a BIND logged with figures has a completed row of its own with the same: what was captured at
// either end, or anything at a mirror port. Counted in tally.figures and tally.mismatches.
void check_figures(const Facts& facts, const std::vector<aggregator::TransferRow>& rows,
                   const aggregator::Inventory& inventory, bool mirror, Tally& tally);

}  // namespace zonelag::truth
