#include "aggregator/row_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregator/text_table.h"
#include "aggregator/time_text.h"

namespace zonelag::aggregator {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kDateLength = 10;  // of date_and_clock()

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::met: return Style::green;
    case Verdict::breached:
    case Verdict::open: return Style::red;
    case Verdict::undecidable: return Style::yellow;
    case Verdict::none: break;
  }
  return Style::plain;
}

std::string lag_text(const std::optional<Duration>& lag, const char* absent) {
  return lag ? human_duration(*lag) : absent;
}

// Time of day, with the date where it is not that of the version's first sighting.
std::string live_text(Timestamp live_at, Timestamp first_seen) {
  const std::string live = date_and_clock(live_at);
  const bool same_day = live.starts_with(date_and_clock(first_seen).substr(0, kDateLength));
  return same_day ? live.substr(kDateLength + 1) : live;
}

bool has_lag(const NodeRow& node) { return node.customer_lag || node.incoming_lag || node.distribution_lag; }

bool lacks(const NodeRow& node, Role reference) {
  return std::ranges::find(node.unknown_references, reference) != node.unknown_references.end();
}

// Whether a lag behind `reference` is one of the node's (design.md section 4).
bool applies(Role reference, Role role) { return role != Role::unknown && reference < role; }

Cell lag_cell(const NodeRow& node, const std::optional<Duration>& lag, Role reference) {
  if (lag) return {human_duration(*lag)};
  if (lacks(node, reference)) return {"?"};
  return {applies(reference, node.role) && !node.live_at ? "-" : ""};
}

std::string within_text(const NodeRow& node) {
  if (!node.live_at || !node.not_before) return "";
  return human_duration(*node.live_at - *node.not_before);
}

std::string clock_text(const NodeRow& node) {
  if (!node.clock_error || *node.clock_error == Duration::zero()) return "";
  return "±" + human_duration(*node.clock_error);
}

std::string remarks(const NodeRow& node) {
  std::vector<std::string> parts;
  if (node.status != NodeStatus::production) parts.emplace_back(to_string(node.status));
  if (node.basis == Basis::received) parts.emplace_back("only received");
  if (node.superseded_by) parts.push_back(fmt::format("superseded by {}", node.superseded_by->value()));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<Cell> node_cells(const NodeRow& node, const VersionRow& version, bool show_after_first) {
  const Cell live = node.live_at ? Cell{live_text(*node.live_at, version.first_seen)} : Cell{"open", Style::red};
  const bool after_first = show_after_first && node.live_at;
  return {{to_string(node.role)},
          {printable(node.loc)},
          {printable(node.hostname.empty() ? node.srcip : node.hostname)},
          live,
          {within_text(node)},
          {after_first ? human_duration(*node.live_at - version.first_seen) : ""},
          lag_cell(node, node.customer_lag, Role::customer),
          lag_cell(node, node.incoming_lag, Role::incoming),
          lag_cell(node, node.distribution_lag, Role::distribution),
          {clock_text(node)},
          {node.basis == Basis::none ? "" : to_string(node.basis)},
          {remarks(node)}};
}

std::string node_table(const VersionRow& version, bool colour) {
  TextTable table({{"role"},
                   {"loc"},
                   {"node"},
                   {"live at (UTC)"},
                   {"within", Align::right},
                   {"after first", Align::right},
                   {"customer lag", Align::right},
                   {"incoming lag", Align::right},
                   {"distribution lag", Align::right},
                   {"clock", Align::right},
                   {"basis"},
                   {"remarks"}});
  const bool no_lag = std::ranges::none_of(version.nodes, has_lag);
  for (const NodeRow& node : version.nodes) table.add(node_cells(node, version, no_lag));
  return table.empty() ? "" : "\n" + table.render(kIndent, colour);
}

// Which references some lag lacks: the meaning of `?`.
std::string foot_line(const VersionRow& version, bool colour) {
  std::vector<std::string> missing;
  for (const Role role : {Role::customer, Role::incoming, Role::distribution}) {
    if (std::ranges::any_of(version.nodes, [role](const NodeRow& node) { return lacks(node, role); })) {
      missing.emplace_back(to_string(role));
    }
  }
  if (missing.empty()) return "";
  const std::string text = fmt::format("? reference unknown: {}", fmt::join(missing, ", "));
  return "\n  " + styled(text, Style::dim, colour) + "\n";
}

std::vector<Cell> figures(const char* name, const char* what, const LagSummary& summary, std::string note) {
  return {{name},
          {what},
          {""},
          {lag_text(summary.min, "open")},
          {lag_text(summary.median, "open")},
          {lag_text(summary.p90, "open")},
          {lag_text(summary.max, "open")},
          {lag_text(summary.avg, "open")},
          {std::move(note)}};
}

std::string locations_text(const VersionRow& version) {
  const std::string open = version.ns_open == 0 ? "" : fmt::format(", {} open", version.ns_open);
  return fmt::format("{} of {} location{}{}", version.ns_count, version.ns_expected,
                     version.ns_expected == 1 ? "" : "s", open);
}

std::string stage_table(const VersionRow& version, bool colour) {
  TextTable table({{""},
                   {""},
                   {"lag", Align::right},
                   {"min", Align::right},
                   {"median", Align::right},
                   {"p90", Align::right},
                   {"max", Align::right},
                   {"avg", Align::right},
                   {""}});
  const auto single = [&table](const char* name, const char* what, const std::optional<Duration>& lag) {
    if (lag) table.add({{name}, {what}, {human_duration(*lag)}, {}, {}, {}, {}, {}, {}});
  };
  single("Δ1", "customer → incoming", version.delta1);
  single("Δ2", "incoming → distribution", version.delta2);
  if (version.delta3.min) table.add(figures("Δ3", "distribution → secondary", version.delta3, ""));
  if (version.ns_expected > 0) {
    table.add(figures("SLA", "incoming lag", version.incoming_lag, locations_text(version)));
  }
  return table.empty() ? "" : "\n" + table.render(kIndent, colour);
}

std::string headline(const VersionRow& version, bool colour) {
  const std::string name = fmt::format("{} {}", version.zone.to_text(), version.serial.value());
  std::string out = styled(name, Style::bold, colour);
  out += fmt::format("   first seen {} UTC", date_and_clock(version.first_seen));
  if (version.verdict == Verdict::none) return out + '\n';
  out += "   " + styled(to_string(version.verdict), style_of(version.verdict), colour);
  if (!version.policy.empty()) out += fmt::format(" ({})", printable(version.policy));
  return out + '\n';
}

std::vector<Cell> overview_cells(const VersionRow& version) {
  const char* hidden = version.ns_open > 0 ? "open" : "";
  return {{version.zone.to_text()},
          {fmt::format("{}", version.serial.value())},
          {date_and_clock(version.first_seen)},
          {lag_text(version.delta1, "")},
          {lag_text(version.delta2, "")},
          {lag_text(version.delta3.median, version.delta3.min ? "open" : "")},
          {lag_text(version.incoming_lag.p90, hidden)},
          {lag_text(version.incoming_lag.max, hidden)},
          {version.ns_expected == 0 ? "" : fmt::format("{} of {}", version.ns_count, version.ns_expected)},
          {version.verdict == Verdict::none ? "" : to_string(version.verdict), style_of(version.verdict)}};
}

}  // namespace

std::string overview_table(std::span<const VersionRow> versions, const TableOptions& options) {
  TextTable table({{"zone"},
                   {"serial", Align::right},
                   {"first seen (UTC)"},
                   {"Δ1", Align::right},
                   {"Δ2", Align::right},
                   {"Δ3 median", Align::right},
                   {"incoming lag p90", Align::right},
                   {"max", Align::right},
                   {"locations", Align::right},
                   {"verdict"}});
  for (const VersionRow& version : versions) table.add(overview_cells(version));
  return table.render(0, options.colour);
}

std::string version_table(const VersionRow& version, const TableOptions& options) {
  return headline(version, options.colour) + stage_table(version, options.colour) +
         node_table(version, options.colour) + foot_line(version, options.colour);
}

std::string to_table(std::span<const VersionRow> versions, const TableOptions& options) {
  std::string out;
  if (versions.size() > options.overview_above) out = overview_table(versions, options);
  for (const VersionRow& version : versions) {
    if (!out.empty()) out += "\n";
    out += version_table(version, options);
  }
  return out;
}

}  // namespace zonelag::aggregator
