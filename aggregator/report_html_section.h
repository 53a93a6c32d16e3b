// A version's own part of the page: figures, pictures, table of nodes. Private to the room.
#pragma once

#include <cstdint>
#include <ostream>

#include "aggregator/policy.h"
#include "aggregator/report_html.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

struct SectionOptions {
  std::uint64_t number = 0;        // names the section's anchor
  const Policy* policy = nullptr;  // that gave the verdict
  bool open_table = false;
  ReportLimits limits;
};

void write_section(const VersionRow& version, const SectionOptions& options, std::ostream& out);

// "<span class=...>met</span>"; empty where there is no verdict.
std::string verdict_badge(Verdict verdict);

}  // namespace zonelag::aggregator::html
