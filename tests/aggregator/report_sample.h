// Versions as a fleet of a provider would show them, for tests of the report.
#pragma once

#include <string>

#include "aggregator/report_html.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator::sample {

inline constexpr Timestamp kNoon{std::chrono::seconds(1'795'176'000)};  // 2026-11-20 12:00:00 UTC

struct Fleet {
  std::string zone = "example.at";
  std::uint32_t serial = 2026112001;
  int secondaries = 8;      // besides a customer, an incoming and a distribution node
  int open = 0;             // the last ones of them
  int outliers = 0;         // the first ones of them: some ten minutes late
  bool references = true;   // false: secondaries alone
  bool superseded = false;  // every fifth
  Verdict verdict = Verdict::met;
  Duration spread = std::chrono::milliseconds(900);
  Timestamp first_seen = kNoon;
};

VersionRow version_of(const Fleet& fleet);
// One node that nobody knows anything about.
VersionRow lone_version();

ReportFacts facts();
std::string report_of(const std::vector<VersionRow>& versions, const ReportFacts& facts, ReportLimits limits = {});

}  // namespace zonelag::aggregator::sample
