// A report for people: one HTML file with everything in it (style, script, pictures as inline SVG), that needs no
// network and no program but a browser, on screen (light or dark) and on paper.
//
// Texts out of packets and files (zone names above all) are an attacker's: everything is escaped, and the page's
// content security policy allows its own script, known by its hash, and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aggregator/policy.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator {

// What the rows do not say. Everything may be empty.
struct ReportFacts {
  std::string title;    // empty: "Zone propagation"
  std::string program;  // "zonelag 0.1.0"
  std::vector<std::string> captures;
  std::optional<Timestamp> from;  // of what was captured; empty: the versions' own span
  std::optional<Timestamp> until;
  std::vector<Policy> policies;    // those that the verdicts are of
  std::vector<std::string> notes;  // what the reader must know: a capture that is cut short, evictions, ...
  std::vector<std::pair<std::string, std::uint64_t>> counters;
};

// Whatever is left out is named in the page, with its number.
struct ReportLimits {
  std::uint32_t max_pictures = 200;         // versions with pictures: breached, open, undecidable, then the latest
  std::uint32_t max_versions = 20'000;      // in the table, chosen alike
  std::uint32_t max_picture_nodes = 200;    // lines of a picture: all but secondaries, open ones, then the slowest
  std::uint32_t max_version_nodes = 2'000;  // rows of the table below a picture, chosen alike
  std::uint32_t max_ranked_nodes = 20'000;  // nodes among which the slowest are looked for
  std::uint32_t max_listed = 100;           // captures, notes, policies
};

// Add the versions, zone by zone; then write. Memory: limits.max_pictures rows with their nodes, limits.max_versions
// without.
class HtmlReport {
 public:
  explicit HtmlReport(ReportLimits limits = {});
  ~HtmlReport();
  HtmlReport(HtmlReport&&) noexcept;

  void add(const VersionRow& version);
  // In pieces, so that the page is never in memory whole. Look at the stream's state afterwards.
  void write(const ReportFacts& facts, std::ostream& out) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
