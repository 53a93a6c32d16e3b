// A database as the Python tool's published set-up leaves it, with rows as that tool writes them.
#pragma once

#include "database.h"

namespace zonelag::aggregator {

// What some installations changed by hand, since the tool wants it.
struct Repairs {
  bool status_column = false;  // of serials
  bool slas_key = false;       // unique (zone, serial), and a default for id
};

void make_python_tool(const Database& database, Repairs repairs = {});
// Rows of two days: a zone with all roles, one without a customer, the pseudo-zone bgp, an SLA whose rows are gone, the
// root, a name in capitals.
void fill_python_tool(const Database& database, Repairs repairs = {});

}  // namespace zonelag::aggregator
