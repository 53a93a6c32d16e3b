#include "aggregator/report_html.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregator/time_text.h"
#include "report_html_overview.h"
#include "report_html_section.h"
#include "report_html_selection.h"
#include "report_html_style.h"
#include "report_html_text.h"

namespace zonelag::aggregator {
namespace {

using html::escaped;
using html::grouped;

// So few versions that their tables need not be folded.
constexpr std::size_t kFew = 2;

// A line of the table: the version without its nodes.
VersionRow without_nodes(const VersionRow& version) {
  VersionRow row;
  row.zone = version.zone;
  row.serial = version.serial;
  row.first_seen = version.first_seen;
  row.delta1 = version.delta1;
  row.delta2 = version.delta2;
  row.delta3 = version.delta3;
  row.incoming_lag = version.incoming_lag;
  row.ns_count = version.ns_count;
  row.ns_expected = version.ns_expected;
  row.ns_open = version.ns_open;
  row.verdict = version.verdict;
  return row;
}

std::string promise(const Policy& policy) {
  const char* reference = policy.lag == LagKind::customer_lag   ? "the customer’s server"
                          : policy.lag == LagKind::incoming_lag ? "the first incoming server"
                                                                : "the first distribution server";
  return fmt::format(
      "{}: {:.6g} % of the locations have a version within {} of {} ({}); what is missing {} after the first sighting "
      "is a breach",
      escaped(policy.name), policy.percentile, format_duration(policy.limit), reference, to_string(policy.lag),
      format_duration(policy.deadline));
}

template <typename Items, typename Text>
void write_list(const char* name, const Items& items, std::size_t limit, std::ostream& out, Text text) {
  if (items.empty()) return;
  out << "<dt>" << name << "</dt><dd><ul>\n";
  for (std::size_t i = 0; i < std::min(items.size(), limit); ++i) out << "<li>" << text(items[i]) << "</li>\n";
  if (items.size() > limit) out << "<li>and " << grouped(items.size() - limit) << " more</li>\n";
  out << "</ul></dd>\n";
}

void write_lag_cell(const std::optional<Duration>& lag, const char* absent, std::ostream& out) {
  out << "<td class=\"n\" data-v=\"" << (lag ? decimal_seconds(*lag) : "") << "\">"
      << (lag ? human_duration(*lag) : absent) << "</td>";
}

void write_version_row(const VersionRow& row, std::uint64_t number, bool has_section, std::ostream& out) {
  const std::string zone = escaped(row.zone.to_text());
  const char* open = row.ns_open > 0 ? "<span class=\"no\">open</span>" : "";
  out << "<tr data-z=\"" << zone << "\" data-d=\"" << to_string(row.verdict) << "\"><td class=\"z\">";
  if (has_section) {
    out << "<a href=\"#v" << number << "\">" << zone << "</a>";
  } else {
    out << zone;
  }
  out << "</td><td class=\"n\" data-v=\"" << row.serial.value() << "\">" << row.serial.value()
      << "</td><td class=\"n\" data-v=\"" << row.first_seen.time_since_epoch().count() / 1000 << "\">"
      << date_and_clock(row.first_seen) << "</td>";
  write_lag_cell(row.delta1, "", out);
  write_lag_cell(row.delta2, "", out);
  write_lag_cell(row.delta3.median, row.delta3.min ? open : "", out);
  write_lag_cell(row.delta3.max, row.delta3.min ? open : "", out);
  write_lag_cell(row.incoming_lag.p90, row.incoming_lag.min ? open : "", out);
  write_lag_cell(row.incoming_lag.max, row.incoming_lag.min ? open : "", out);
  out << "<td class=\"n\" data-v=\"" << row.ns_open << "\">";
  if (row.ns_expected > 0) out << row.ns_count << " of " << row.ns_expected;
  out << "</td><td>" << html::verdict_badge(row.verdict) << "</td></tr>\n";
}

constexpr std::string_view kVersionHead =
    "<form class=\"filter\" id=\"filter\" hidden><label>Zone<input id=\"fz\" type=\"search\" autocomplete=\"off\" "
    "spellcheck=\"false\"></label><label>Verdict<select id=\"fv\"><option value=\"\">all</option><option>breached"
    "</option><option>open</option><option>undecidable</option><option>met</option></select></label>"
    "<output id=\"fc\"></output></form>\n"
    "<div class=\"wide\"><table id=\"vt\"><thead><tr><th>zone</th><th class=\"n\">serial</th>"
    "<th class=\"n\">first seen (UTC)</th><th class=\"n\">Δ1</th><th class=\"n\">Δ2</th><th class=\"n\">Δ3 median</th>"
    "<th class=\"n\">Δ3 max</th><th class=\"n\">incoming lag p90</th><th class=\"n\">max</th>"
    "<th class=\"n\">locations</th><th>verdict</th></tr></thead><tbody>\n";

constexpr std::string_view kExplanation =
    "<p class=\"note\">Δ1 is the time from the customer’s server to the first incoming server, Δ2 from there to the "
    "first distribution server, Δ3 from there to each secondary. Incoming lag is what a secondary is behind the first "
    "incoming server. Lags may be negative where clocks differ.</p>\n";

}  // namespace

class HtmlReport::Impl {
 public:
  explicit Impl(const ReportLimits& limits)
      : limits_(limits),
        overview_(limits.max_ranked_nodes),
        table_(limits.max_versions),
        pictures_(limits.max_pictures) {}

  void add(const VersionRow& version) {
    const html::Interest interest(version, overview_.versions() + 1);
    overview_.add(version);
    table_.offer(interest, [&] { return without_nodes(version); });
    pictures_.offer(interest, [&] { return version; });
  }

  void write(const ReportFacts& facts, std::ostream& out) const {
    write_head(facts, out);
    write_about(facts, out);
    out << "</header>\n<main>\n";
    if (overview_.versions() == 0) {
      out << "<p class=\"note\">No zone version was seen.</p>\n";
    } else {
      write_versions(out);
      overview_.write_slowest(out);
      write_sections(facts, out);
    }
    write_counters(facts, out);
    out << "</main>\n<footer>";
    if (!facts.program.empty()) out << "Made by " << escaped(facts.program) << ". ";
    out << "Times are UTC; durations are rounded.</footer>\n<script>" << html::kScript
        << "</script>\n</body>\n</html>\n";
  }

 private:
  void write_head(const ReportFacts& facts, std::ostream& out) const;
  void write_about(const ReportFacts& facts, std::ostream& out) const;
  void write_versions(std::ostream& out) const;
  void write_sections(const ReportFacts& facts, std::ostream& out) const;
  static void write_counters(const ReportFacts& facts, std::ostream& out);

  ReportLimits limits_;
  html::Overview overview_;
  html::Selection<VersionRow> table_;  // without nodes
  html::Selection<VersionRow> pictures_;
};

void HtmlReport::Impl::write_head(const ReportFacts& facts, std::ostream& out) const {
  const std::string title = facts.title.empty() ? "Zone propagation" : escaped(facts.title);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
         "script-src '"
      << html::kScriptHash
      << "'; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n<title>"
      << title << "</title>\n<style>" << html::kStyle << "</style>\n</head>\n<body>\n"
      << html::kSymbols << "<header>\n<h1>" << title
      << "</h1>\n<p class=\"lead\">When each name server had each version of a zone, measured from the packets that "
         "the "
         "servers sent and received.</p>\n";
  overview_.write_summary(out);
}

void HtmlReport::Impl::write_about(const ReportFacts& facts, std::ostream& out) const {
  const auto from = facts.from ? facts.from : overview_.first();
  const auto until = facts.until ? facts.until : overview_.latest();
  out << "<dl class=\"about\">\n";
  if (from && until) {
    out << "<dt>Period</dt><dd>" << date_and_clock(*from) << " to " << date_and_clock(*until) << " UTC ("
        << human_duration(html::since(*until, *from)) << ")</dd>\n";
  }
  write_list("Promised", facts.policies, limits_.max_listed, out, promise);
  write_list("Captures", facts.captures, limits_.max_listed, out, escaped);
  write_list("Mind", facts.notes, limits_.max_listed, out, escaped);
  out << "</dl>\n";
}

void HtmlReport::Impl::write_versions(std::ostream& out) const {
  out << "<h2 id=\"versions\">Versions</h2>\n" << kExplanation;
  if (table_.size() < overview_.versions()) {
    out << "<p class=\"note\">The table has " << grouped(table_.size()) << " of " << grouped(overview_.versions())
        << " versions: breached, open and undecidable ones first, then the latest.</p>\n";
  }
  out << kVersionHead;
  for (const auto& [interest, row] : table_.in_order()) {
    write_version_row(*row, interest.number, pictures_.contains(interest), out);
  }
  out << "</tbody></table></div>\n";
}

void HtmlReport::Impl::write_sections(const ReportFacts& facts, std::ostream& out) const {
  if (pictures_.size() == 0) return;
  out << "<h2>Version by version</h2>\n";
  if (pictures_.size() < overview_.versions()) {
    out << "<p class=\"note\">Pictures of " << grouped(pictures_.size()) << " of " << grouped(overview_.versions())
        << " versions: breached, open and undecidable ones first, then the latest. "
        << grouped(overview_.versions() - pictures_.size()) << " are left out.</p>\n";
  }
  for (const auto& [interest, version] : pictures_.in_order()) {
    html::SectionOptions options;
    options.number = interest.number;
    options.limits = limits_;
    options.open_table = overview_.versions() <= kFew;
    const auto policy = std::ranges::find(facts.policies, version->policy, &Policy::name);
    if (policy != facts.policies.end()) options.policy = &*policy;
    html::write_section(*version, options, out);
  }
}

void HtmlReport::Impl::write_counters(const ReportFacts& facts, std::ostream& out) {
  if (facts.counters.empty()) return;
  out << "<h2>Counters</h2>\n<details><summary>What was read, and what could not be used</summary>\n"
         "<table class=\"slow\"><tbody>\n";
  for (const auto& [name, count] : facts.counters) {
    out << "<tr><th scope=\"row\">" << escaped(name) << "</th><td class=\"n\">" << grouped(count) << "</td></tr>\n";
  }
  out << "</tbody></table></details>\n";
}

HtmlReport::HtmlReport(ReportLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
HtmlReport::~HtmlReport() = default;
HtmlReport::HtmlReport(HtmlReport&&) noexcept = default;

void HtmlReport::add(const VersionRow& version) { impl_->add(version); }

void HtmlReport::write(const ReportFacts& facts, std::ostream& out) const { impl_->write(facts, out); }

}  // namespace zonelag::aggregator
