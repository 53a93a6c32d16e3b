// Rows as JSON, one object a line without its line feed: fields, order and null rules of design.md section 8.
// Published fields come first, in the published order; these follow them:
//   node:     "status", "unknown_references" (roles that the row's lags lack)
//   version:  "delta3_avg", "policy" (whose verdict it is)
//   transfer: "rcode" (of a failed transfer that was answered with one)
// An empty text, an unknown role, query kind or form, "no basis" and "no verdict" are null, as is every absent value.
// Text that is not UTF-8 has its bad bytes replaced by U+FFFD: a line is always JSON.
#pragma once

#include <string>

#include "aggregator/exchange_rows.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator {

std::string to_json(const NodeRow& row);
std::string to_json(const VersionRow& row);  // without its nodes
std::string to_json(const TransferRow& row);
std::string to_json(const NotifyRow& row);

}  // namespace zonelag::aggregator
