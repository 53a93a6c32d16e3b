// Rows into tables by COPY, the fastest way in.
#pragma once

#include <functional>
#include <span>

#include "binary.h"

namespace zonelag::aggregator {

struct CopyJob {
  std::string target;  // "TABLE (COLUMN, ...)"
  std::int16_t columns = 0;
  std::size_t rows = 0;
  std::function<void(CopyBuffer&, std::size_t row)> put;  // that row's fields
};

// All in one command; the connection is in a transaction.
Stored<void> copy_in(Connection& connection, std::span<const CopyJob> jobs);

}  // namespace zonelag::aggregator
