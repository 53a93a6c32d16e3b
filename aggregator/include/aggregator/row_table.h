// Rows as an operator reads them in a terminal. Nothing here is for machines: see row_json.h and row_csv.h.
//
// A version's block: headline (zone, serial, first seen, verdict), stages (Δ1, Δ2, Δ3 and the SLA figures), nodes.
// In the node table a lag that does not apply is blank, `?` lacks its reference (a foot line says whose), `-` is still
// open. In the stages `open` stands where an open member hides the figure. "within": how long before "live at" the
// node may have had the version already. Columns that nobody fills are left out. Where no lag at all is known (no
// inventory, for one), "after first" says how long after the version's first sighting each node had it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

struct TableOptions {
  bool colour = false;             // ANSI: met green, breached and open red, undecidable yellow
  std::size_t overview_above = 5;  // more versions than this: an overview comes first
};

// One line for each version, with a header. Ends with a line feed.
std::string overview_table(std::span<const VersionRow> versions, const TableOptions& options = {});
// One version's block. Ends with a line feed.
std::string version_table(const VersionRow& version, const TableOptions& options = {});
// The overview where there are many, then each block, an empty line between them. No version: an empty text.
std::string to_table(std::span<const VersionRow> versions, const TableOptions& options = {});

}  // namespace zonelag::aggregator
