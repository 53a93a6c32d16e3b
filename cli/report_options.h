// The command line of report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "decoder/time.h"
#include "format.h"
#include "service_options.h"
#include "time_argument.h"

namespace zonelag::cli {

enum class ReportAction : std::uint8_t { rows, compliance, candidates, sensors };

struct ReportOptions {
  ReportAction action = ReportAction::rows;
  DatabaseOptions database;
  Format format = Format::table;
  Colour colour = Colour::automatic;
  // Which rows; empty: all.
  std::string zone;
  std::optional<std::uint32_t> serial;
  std::optional<decoder::Timestamp> from;
  std::optional<decoder::Timestamp> until;
  std::string node;  // hostname or address
  std::string account;
  bool open = false;
  std::string policy;      // name or inline form
  bool recompute = false;  // from the evidence, although the database has the verdicts
  std::string html;        // path or "-"
  // Of compliance:
  std::string month_text;
  Month month;
};

void declare_report(CLI::App& app, ReportOptions& options);
// Throws UsageError for what the sub-command, found to be given, lacks or contradicts.
void check_report(const CLI::App& command, const ReportOptions& options);

}  // namespace zonelag::cli
