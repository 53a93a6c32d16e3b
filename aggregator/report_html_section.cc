#include "report_html_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregator/time_text.h"
#include "report_html_distribution.h"
#include "report_html_text.h"
#include "report_html_waterfall.h"

namespace zonelag::aggregator::html {
namespace {

void write_figure(const char* name, const std::string& value, const char* what, std::ostream& out) {
  if (value.empty()) return;
  out << "<div><dt>" << name << "</dt><dd>" << value << "<small>" << what << "</small></dd></div>\n";
}

std::string spread(const LagSummary& summary) {
  if (!summary.min) return "";
  const auto known = [](const std::optional<Duration>& lag) {
    return lag ? human_duration(*lag) : std::string("open");
  };
  return fmt::format("{} <i>median</i> {} <i>p90</i> {} <i>max</i>", known(summary.median), known(summary.p90),
                     known(summary.max));
}

void write_figures(const VersionRow& version, std::ostream& out) {
  out << "<dl class=\"figures\">\n";
  write_figure("Δ1", lag_text(version.delta1), "customer to incoming", out);
  write_figure("Δ2", lag_text(version.delta2), "incoming to distribution", out);
  write_figure("Δ3", spread(version.delta3), "distribution to secondary", out);
  write_figure("Incoming lag", spread(version.incoming_lag), "over locations", out);
  if (version.ns_expected > 0) {
    std::string text = fmt::format("{} of {}", version.ns_count, version.ns_expected);
    if (version.ns_open > 0) text += fmt::format(", <span class=\"no\">{} open</span>", version.ns_open);
    write_figure("Locations", text, "have it", out);
  }
  out << "</dl>\n";
}

std::string lag_cell(const NodeRow& node, const std::optional<Duration>& lag, Role reference) {
  if (lag) return human_duration(*lag);
  const bool unknown = std::ranges::find(node.unknown_references, reference) != node.unknown_references.end();
  return unknown ? "?" : "";
}

std::string after(const std::optional<Timestamp>& time, Timestamp first) {
  return time ? human_duration(since(*time, first)) : "";
}

std::string remarks(const NodeRow& node) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (node.status != NodeStatus::production) add(to_string(node.status));
  if (node.superseded_by) add(fmt::format("superseded by {}", node.superseded_by->value()));
  if (!node.hostname.empty() && !node.dsc_name.empty()) add(escaped(node.dsc_name));
  return text;
}

void write_node(const NodeRow& node, Timestamp first, std::ostream& out) {
  const std::string live = node.live_at ? date_and_clock(*node.live_at) : "<span class=\"no\">open</span>";
  out << "<tr><td>" << to_string(node.role) << "</td><td>" << escaped(node.loc) << "</td><th scope=\"row\">"
      << escaped(name_of(node)) << "</th><td>" << escaped(node.srcip) << "</td><td>" << live << "</td><td>"
      << (node.basis == Basis::none ? "" : to_string(node.basis)) << "</td>";
  const std::string clock = node.clock_error && *node.clock_error != Duration::zero()
                                ? "±" + human_duration(*node.clock_error)
                                : std::string();
  for (const std::string& cell :
       {after(node.live_at, first), after(node.not_before, first), after(node.received_at, first),
        after(node.announced_at, first), after(node.offered_at, first), after(node.served_at, first),
        lag_cell(node, node.customer_lag, Role::customer), lag_cell(node, node.incoming_lag, Role::incoming),
        lag_cell(node, node.distribution_lag, Role::distribution), clock}) {
    out << "<td class=\"n\">" << cell << "</td>";
  }
  out << "<td>" << remarks(node) << "</td></tr>\n";
}

void write_node_table(const VersionRow& version, const SectionOptions& options, std::ostream& out) {
  const auto nodes = nodes_in_order(version, options.limits.max_version_nodes);
  out << "<details" << (options.open_table ? " open" : "") << "><summary>" << nodes.size()
      << (nodes.size() == 1 ? " node" : " nodes") << " as a table</summary>\n";
  if (nodes.size() < version.nodes.size()) {
    out << "<p class=\"note\">" << grouped(version.nodes.size() - nodes.size())
        << " secondaries that had the version sooner than these are left out.</p>\n";
  }
  out << "<div class=\"wide\"><table class=\"nodes\"><thead><tr>"
         "<th>role</th><th>location</th><th>node</th><th>address</th><th>live at (UTC)</th><th>basis</th>"
         "<th class=\"n\">live after</th><th class=\"n\">not before</th><th class=\"n\">received</th>"
         "<th class=\"n\">announced</th><th class=\"n\">offered</th><th class=\"n\">served</th>"
         "<th class=\"n\">customer lag</th><th class=\"n\">incoming lag</th><th class=\"n\">distribution lag</th>"
         "<th class=\"n\">clock</th><th>remarks</th></tr></thead><tbody>\n";
  for (const NodeRow* node : nodes) write_node(*node, version.first_seen, out);
  out << "</tbody></table></div></details>\n";
}

}  // namespace

std::string verdict_badge(Verdict verdict) {
  if (verdict == Verdict::none) return "";
  return fmt::format("<span class=\"vd {0}\">{0}</span>", to_string(verdict));
}

void write_section(const VersionRow& version, const SectionOptions& options, std::ostream& out) {
  const std::string zone = escaped(version.zone.to_text());
  out << "<section class=\"version\" id=\"v" << options.number << "\" data-z=\"" << zone << "\" data-d=\""
      << to_string(version.verdict) << "\">\n<h3>" << zone << " <span class=\"serial\">" << version.serial.value()
      << "</span> " << verdict_badge(version.verdict) << "</h3>\n<p class=\"seen\">First seen "
      << date_and_clock(version.first_seen) << " UTC";
  if (!version.policy.empty()) out << ", judged by policy " << escaped(version.policy);
  out << "</p>\n";
  write_figures(version, out);
  if (!version.nodes.empty()) {
    const auto nodes = nodes_in_order(version, options.limits.max_picture_nodes);
    const std::string id = fmt::format("v{}w", options.number);
    out << "<figure>" << waterfall(version, nodes, id) << waterfall_legend();
    if (nodes.size() < version.nodes.size()) {
      out << "<figcaption>" << grouped(version.nodes.size() - nodes.size())
          << " secondaries that had the version sooner are left out of the picture.</figcaption>";
    }
    out << "</figure>\n" << distribution(version, options.policy, fmt::format("v{}d", options.number));
    write_node_table(version, options, out);
  }
  out << "<p class=\"top\"><a href=\"#versions\">All versions</a></p>\n</section>\n";
}

}  // namespace zonelag::aggregator::html
