// Versions out of the database, printed as they come, in the forms that replay prints.
#pragma once

#include <functional>

#include "aggregator/store/report_store.h"
#include "output.h"

namespace zonelag::cli {

// Gives all versions that are wanted to what it is called with, in order.
using VersionSource = std::function<aggregator::Stored<void>(const aggregator::Take<aggregator::VersionRow>& take)>;

// Versions with their nodes; with a filter that leaves no node out each zone's transfers behind them.
aggregator::Stored<void> print_json(Output& output, const VersionSource& source, aggregator::ReportStore& store,
                                    const aggregator::ReportFilter& filter);
aggregator::Stored<void> print_csv(Output& output, const VersionSource& source);
// Each version with its nodes; where there are too many for a person, a line for each.
aggregator::Stored<void> print_table(Output& output, const VersionSource& source, bool colour);

}  // namespace zonelag::cli
