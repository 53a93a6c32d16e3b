// A month's compliance for people and for machines.
#pragma once

#include <span>
#include <string>

#include "aggregator/compliance.h"
#include "format.h"
#include "output.h"

namespace zonelag::cli {

// `month` as given, "2026-11".
void print_compliance(Output& output, std::span<const aggregator::ComplianceRow> rows, const std::string& month,
                      Format format, bool colour);

}  // namespace zonelag::cli
