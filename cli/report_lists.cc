#include "report_lists.h"

#include <fmt/format.h>

#include "aggregator/text_table.h"
#include "aggregator/time_text.h"
#include "lines.h"

namespace zonelag::cli {
namespace {

using aggregator::Align;
using aggregator::BlindTime;
using aggregator::Candidate;
using aggregator::SensorReport;
using aggregator::TextTable;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kShownBlind = 5;  // blind times of a sensor in a table, the latest; machines get all

std::string json_of(const Candidate& row) {
  Json record;
  record["record"] = "candidate";
  record["address"] = row.srcip;
  record["foreign_customer"] = row.foreign_customer;
  record["evidence"] = row.evidence;
  record["first_seen"] = json_time(row.first_seen);
  record["last_seen"] = json_time(row.last_seen);
  record["zone"] = row.last_zone;
  return to_line(record);
}

std::string csv_of(const Candidate& row) {
  return csv_line({row.srcip, row.foreign_customer ? "true" : "false", std::to_string(row.evidence),
                   aggregator::rfc3339(row.first_seen), aggregator::rfc3339(row.last_seen), row.last_zone});
}

std::string json_of(const SensorReport& row) {
  Json record;
  record["record"] = "sensor";
  record["sensor"] = row.name;
  record["node"] = json_text(row.node);
  record["version"] = json_text(row.version);
  record["last_seen"] = json_time(row.last_seen);
  record["dropped"] = row.dropped;
  record["clock_error"] = json_seconds(row.clock_error);
  record["blind"] = Json::array();
  for (const BlindTime& blind : row.blind) {
    Json time;
    time["from"] = json_time(blind.from);
    time["until"] = json_time(blind.until);
    time["kind"] = to_string(blind.kind);
    time["lost"] = blind.lost == 0 ? Json(nullptr) : Json(blind.lost);
    record["blind"].push_back(std::move(time));
  }
  return to_line(record);
}

decoder::Duration blind_for(const SensorReport& row) {
  decoder::Duration sum{};
  for (const BlindTime& blind : row.blind) sum += blind.until - blind.from;
  return sum;
}

std::string csv_of(const SensorReport& row) {
  return csv_line({row.name, row.node, row.version, row.last_seen ? aggregator::rfc3339(*row.last_seen) : "",
                   std::to_string(row.dropped), row.clock_error ? aggregator::decimal_seconds(*row.clock_error) : "",
                   std::to_string(row.blind.size()), aggregator::decimal_seconds(blind_for(row))});
}

void print_candidate_table(Output& output, const std::vector<Candidate>& rows, bool colour) {
  if (rows.empty()) return output.line("Every source is in the inventory.");
  TextTable table({{"address"},
                   {"versions", Align::right},
                   {"first seen (UTC)"},
                   {"last seen (UTC)"},
                   {"last zone"},
                   {"what it is"}});
  for (const Candidate& row : rows) {
    table.add({{aggregator::printable(row.srcip)},
               {std::to_string(row.evidence)},
               {aggregator::date_and_clock(row.first_seen)},
               {aggregator::date_and_clock(row.last_seen)},
               {aggregator::printable(row.last_zone)},
               {row.foreign_customer ? "a customer, for a zone that is not its" : "not in the inventory"}});
  }
  output.write(table.render(kIndent, colour));
}

void print_blind(Output& output, const SensorReport& row, bool colour) {
  if (row.blind.empty()) return;
  output.line(fmt::format("\n{} could not see {} time{}{}", aggregator::printable(row.name), row.blind.size(),
                          row.blind.size() == 1 ? "" : "s", row.blind.size() > kShownBlind ? ", the latest:" : ":"));
  TextTable table({{"from (UTC)"}, {"for", Align::right}, {"why"}, {"lost", Align::right}});
  const std::size_t first = row.blind.size() > kShownBlind ? row.blind.size() - kShownBlind : 0;
  for (std::size_t i = first; i < row.blind.size(); ++i) {
    const BlindTime& blind = row.blind[i];
    table.add({{aggregator::date_and_clock(blind.from)},
               {aggregator::human_duration(blind.until - blind.from)},
               {to_string(blind.kind)},
               {blind.lost == 0 ? "" : std::to_string(blind.lost)}});
  }
  output.write(table.render(kIndent, colour));
}

void print_sensor_table(Output& output, const std::vector<SensorReport>& rows,
                        const std::optional<decoder::Timestamp>& latest, bool colour) {
  if (rows.empty()) return output.line("No sensor was heard of.");
  TextTable table({{"sensor"},
                   {"node"},
                   {"version"},
                   {"last seen (UTC)"},
                   {"ago", Align::right},
                   {"dropped packets", Align::right},
                   {"clock error", Align::right},
                   {"blind for", Align::right}});
  for (const SensorReport& row : rows) {
    table.add({{aggregator::printable(row.name)},
               {aggregator::printable(row.node)},
               {aggregator::printable(row.version)},
               {row.last_seen ? aggregator::date_and_clock(*row.last_seen) : "never"},
               {row.last_seen && latest ? aggregator::human_duration(*latest - *row.last_seen) : ""},
               {row.dropped == 0 ? "" : std::to_string(row.dropped)},
               {row.clock_error ? aggregator::human_duration(*row.clock_error) : ""},
               {row.blind.empty() ? "" : aggregator::human_duration(blind_for(row))}});
  }
  output.write(table.render(kIndent, colour));
  for (const SensorReport& row : rows) print_blind(output, row, colour);
}

}  // namespace

void print_candidates(Output& output, const std::vector<Candidate>& rows, Format format, bool colour) {
  if (format == Format::table) return print_candidate_table(output, rows, colour);
  if (format == Format::csv) output.line("address,foreign_customer,evidence,first_seen,last_seen,zone");
  for (const Candidate& row : rows) output.line(format == Format::csv ? csv_of(row) : json_of(row));
}

void print_sensors(Output& output, const std::vector<SensorReport>& rows,
                   const std::optional<decoder::Timestamp>& latest, Format format, bool colour) {
  if (format == Format::table) return print_sensor_table(output, rows, latest, colour);
  if (format == Format::csv) output.line("sensor,node,version,last_seen,dropped,clock_error,blind_times,blind_seconds");
  for (const SensorReport& row : rows) output.line(format == Format::csv ? csv_of(row) : json_of(row));
}

}  // namespace zonelag::cli
