#include "compliance_text.h"

#include <fmt/format.h>

#include "aggregator/text_table.h"
#include "aggregator/time_text.h"
#include "lines.h"

namespace zonelag::cli {
namespace {

using aggregator::Align;
using aggregator::Cell;
using aggregator::ComplianceRow;
using aggregator::JudgedVersion;
using aggregator::Style;
using aggregator::TextTable;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kShownWorst = 5;

std::string account_of(const ComplianceRow& row) {
  if (!row.account) return "(all)";
  return row.account->empty() ? "(no account)" : aggregator::printable(*row.account);
}

// "99.9876 %": rounded down already.
std::string percent(const ComplianceRow& row) {
  const auto share = row.share();
  if (!share) return "";
  return fmt::format("{}.{:04} %", *share / 10'000, *share % 10'000);
}

// "0.999876".
std::string fraction(const ComplianceRow& row) {
  const auto share = row.share();
  if (!share) return "";
  return fmt::format("{}.{:06}", *share / 1'000'000, *share % 1'000'000);
}

Cell count(std::uint64_t number, Style style) { return {std::to_string(number), number == 0 ? Style::plain : style}; }

std::string table_of(std::span<const ComplianceRow> rows, bool colour) {
  TextTable table({{"policy"},
                   {"account"},
                   {"versions", Align::right},
                   {"met", Align::right},
                   {"breached", Align::right},
                   {"open", Align::right},
                   {"undecidable", Align::right},
                   {"share met", Align::right}});
  for (const ComplianceRow& row : rows) {
    table.add({{aggregator::printable(row.policy)},
               {account_of(row)},
               {std::to_string(row.versions())},
               count(row.met, Style::green),
               count(row.breached, Style::red),
               count(row.open, Style::red),
               count(row.undecidable, Style::yellow),
               {percent(row)}});
  }
  return table.render(kIndent, colour);
}

std::string worst_of(const ComplianceRow& row, bool colour) {
  TextTable table({{"zone"}, {"serial", Align::right}, {"first seen (UTC)"}, {"verdict"}, {"figure", Align::right}});
  for (const JudgedVersion& version : row.worst) {
    if (&version - row.worst.data() == kShownWorst) break;
    table.add({{version.zone.to_text()},
               {std::to_string(version.serial.value())},
               {aggregator::date_and_clock(version.first_seen)},
               {to_string(version.verdict)},
               {version.figure ? aggregator::human_duration(*version.figure) : "open"}});
  }
  return table.render(kIndent, colour);
}

std::string json_of(const ComplianceRow& row, const std::string& month) {
  Json record;
  record["record"] = "compliance";
  record["month"] = month;
  record["policy"] = row.policy;
  record["account"] = row.account ? Json(*row.account) : Json(nullptr);
  record["versions"] = row.versions();
  record["met"] = row.met;
  record["breached"] = row.breached;
  record["open"] = row.open;
  record["undecidable"] = row.undecidable;
  record["share"] = row.share() ? Json(*row.share() / 1e6) : Json(nullptr);
  record["worst"] = Json::array();
  for (const JudgedVersion& version : row.worst) {
    Json worst;
    worst["zone"] = version.zone.to_text();
    worst["serial"] = version.serial.value();
    worst["first_seen"] = json_time(version.first_seen);
    worst["verdict"] = to_string(version.verdict);
    worst["figure"] = json_seconds(version.figure);
    record["worst"].push_back(std::move(worst));
  }
  return to_line(record);
}

std::string csv_of(const ComplianceRow& row, const std::string& month) {
  return csv_line({month, row.policy, row.account ? *row.account : "*", std::to_string(row.versions()),
                   std::to_string(row.met), std::to_string(row.breached), std::to_string(row.open),
                   std::to_string(row.undecidable), fraction(row)});
}

void print_table(Output& output, std::span<const ComplianceRow> rows, const std::string& month, bool colour) {
  if (rows.empty()) return output.line(fmt::format("No version of {} was judged.", month));
  output.line(fmt::format("Compliance in {} (UTC): versions by verdict; open and undecidable ones are not met", month));
  output.line("");
  output.write(table_of(rows, colour));
  for (const ComplianceRow& row : rows) {
    if (row.account || row.worst.empty()) continue;
    output.line(fmt::format("\nWorst of {}", aggregator::printable(row.policy)));
    output.write(worst_of(row, colour));
  }
}

}  // namespace

void print_compliance(Output& output, std::span<const ComplianceRow> rows, const std::string& month, Format format,
                      bool colour) {
  if (format == Format::table) return print_table(output, rows, month, colour);
  if (format == Format::csv) output.line("month,policy,account,versions,met,breached,open,undecidable,share");
  for (const ComplianceRow& row : rows) output.line(format == Format::csv ? csv_of(row, month) : json_of(row, month));
}

}  // namespace zonelag::cli
