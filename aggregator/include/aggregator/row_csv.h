// Node rows as CSV (RFC 4180 quoting), one line for each (version, node) without its line end. Columns: the fields of
// the JSON node record in the same order, "record" left out, then "verdict" of the version. A null is an empty field;
// "unknown_references" are role names with a space between them. Times and durations are written as in JSON.
#pragma once

#include <string>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

std::string csv_header();
std::string to_csv(const NodeRow& row, Verdict verdict);

}  // namespace zonelag::aggregator
