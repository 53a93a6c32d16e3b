// Queries of reports, and the columns that report_rows.h reads. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "aggregator/store/report_store.h"

namespace zonelag::aggregator {

struct Query {
  std::string text;
  std::vector<std::string> parameters;
};

Query versions_query(const ReportFilter& filter);
Query transfers_query(const ReportFilter& filter);
Query verdicts_query(const ReportFilter& filter);
Query evidence_query(const ReportFilter& filter);
Query accounts_query(const ZoneName& zone, Serial serial);

}  // namespace zonelag::aggregator
