#include "report_html_overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "aggregator/time_text.h"
#include "report_html_text.h"

namespace zonelag::aggregator::html {
namespace {

constexpr std::size_t kSlowest = 10;
constexpr std::array kLags{&NodeRow::customer_lag, &NodeRow::incoming_lag, &NodeRow::distribution_lag};

bool is_expected(const NodeRow& node) { return node.role == Role::secondary && node.status == NodeStatus::production; }

// Held within the type's range, which the rounding of a double may leave.
Duration mean_of(double sum, std::uint64_t count) {
  constexpr double kLimit = 9.2e18;
  return Duration(static_cast<std::int64_t>(std::clamp(sum / static_cast<double>(count), -kLimit, kLimit)));
}

void write_card(const char* css, const std::string& value, const char* what, std::ostream& out) {
  out << "<div class=\"" << css << (value == "0" ? " nil" : "") << "\"><dt>" << what << "</dt><dd>" << value
      << "</dd></div>\n";
}

}  // namespace

void Overview::add(const VersionRow& version) {
  ++versions_;
  if (last_zone_ != version.zone) ++zones_;
  last_zone_ = version.zone;
  ++verdicts_[static_cast<std::size_t>(version.verdict)];
  if (!first_ || version.first_seen < *first_) first_ = version.first_seen;
  const NodeRow* last = nullptr;
  bool has_open = false;
  for (const NodeRow& node : version.nodes) {
    if (node.live_at) latest_ = latest_ ? std::max(*latest_, *node.live_at) : *node.live_at;
    if (!is_expected(node)) continue;
    has_open = has_open || !node.live_at;
    if (node.live_at && (last == nullptr || *node.live_at > *last->live_at)) last = &node;
    const bool is_worst = node.distribution_lag && (!worst_ || *node.distribution_lag > worst_->lag);
    if (is_worst) worst_ = {*node.distribution_lag, version.zone.to_text(), version.serial, name_of(node)};
  }
  latest_ = latest_ ? std::max(*latest_, version.first_seen) : version.first_seen;
  if (has_open) ++with_open_nodes_;
  for (const NodeRow& node : version.nodes) {
    if (is_expected(node)) add_node(node, &node == last);
  }
}

void Overview::add_node(const NodeRow& node, bool is_last) {
  const std::pair key(node.hostname, node.srcip);
  auto at = nodes_.find(key);
  if (at == nodes_.end()) {
    if (nodes_.size() >= max_nodes_) {
      ++unranked_;
      return;
    }
    at = nodes_.try_emplace(key).first;
    at->second.name = name_of(node);
    at->second.loc = node.loc;
  }
  Node& entry = at->second;
  ++(node.live_at ? entry.versions : entry.open);
  if (is_last) ++entry.last;
  for (std::size_t kind = 0; kind < kLags.size(); ++kind) {
    const auto& lag = node.*kLags[kind];
    if (!lag) continue;
    Lags& lags = entry.lags[kind];
    lags.worst = lags.count == 0 ? *lag : std::max(lags.worst, *lag);
    lags.sum += static_cast<double>(lag->count());
    ++lags.count;
  }
}

void Overview::write_summary(std::ostream& out) const {
  const auto count = [this](Verdict verdict) { return grouped(verdicts_[static_cast<std::size_t>(verdict)]); };
  out << "<dl class=\"cards\">\n";
  write_card("", grouped(versions_), versions_ == 1 ? "version" : "versions", out);
  write_card("", grouped(zones_), zones_ == 1 ? "zone" : "zones", out);
  if (verdicts_[static_cast<std::size_t>(Verdict::none)] < versions_) {
    write_card("met", count(Verdict::met), "met", out);
    write_card("breached", count(Verdict::breached), "breached", out);
    write_card("open", count(Verdict::open), "open", out);
    write_card("undecidable", count(Verdict::undecidable), "undecidable", out);
  }
  if (worst_) write_card("", human_duration(worst_->lag), "worst Δ3", out);
  out << "</dl>\n<ul class=\"facts\">\n";
  if (worst_) {
    out << "<li>Worst Δ3 (distribution to secondary): " << human_duration(worst_->lag) << ", " << escaped(worst_->node)
        << ", for " << escaped(worst_->zone) << ' ' << worst_->serial.value() << ".</li>\n";
  }
  if (with_open_nodes_ > 0) {
    out << "<li>" << grouped(with_open_nodes_) << (with_open_nodes_ == 1 ? " version is" : " versions are")
        << " still missing on at least one node.</li>\n";
  }
  const std::uint64_t without = verdicts_[static_cast<std::size_t>(Verdict::none)];
  if (without > 0 && without < versions_) {
    out << "<li>" << grouped(without) << " of them have no verdict: no policy applies.</li>\n";
  }
  out << "</ul>\n";
}

LagKind Overview::ranked_by() const {
  for (const LagKind kind : {LagKind::distribution_lag, LagKind::incoming_lag}) {
    const auto has = [kind](const auto& entry) { return entry.second.lags[static_cast<std::size_t>(kind)].count > 0; };
    if (std::ranges::any_of(nodes_, has)) return kind;
  }
  return LagKind::customer_lag;
}

// By the mean, open versions first: a node that never gets a version has no lag, but is not fast.
std::vector<const Overview::Node*> Overview::slowest(LagKind kind) const {
  std::vector<const Node*> nodes;
  for (const auto& [key, node] : nodes_) nodes.push_back(&node);
  const auto rank = [kind](const Node* node) {
    const Lags& lags = node->lags[static_cast<std::size_t>(kind)];
    return std::pair(node->open, lags.count == 0 ? 0.0 : lags.sum / static_cast<double>(lags.count));
  };
  std::ranges::sort(nodes, [&](const Node* left, const Node* right) {
    if (rank(left) != rank(right)) return rank(left) > rank(right);
    return std::tie(left->name, left->loc) < std::tie(right->name, right->loc);
  });
  if (nodes.size() > kSlowest) nodes.resize(kSlowest);
  return nodes;
}

void Overview::write_slowest(std::ostream& out) const {
  if (nodes_.size() < 2 || versions_ < 2) return;  // one version's picture says it all
  const LagKind kind = ranked_by();
  const char* name = kind == LagKind::distribution_lag ? "Δ3"
                     : kind == LagKind::incoming_lag   ? "incoming lag"
                                                       : "customer lag";
  out << "<h2>Slowest nodes</h2>\n<div class=\"wide\"><table class=\"slow\"><thead><tr><th>node</th><th>location</th>"
      << "<th class=\"n\">mean " << name << "</th><th class=\"n\">worst " << name
      << "</th><th class=\"n\">last to get it</th><th class=\"n\">versions</th><th class=\"n\">open</th></tr></thead>"
      << "<tbody>\n";
  for (const Node* node : slowest(kind)) {
    const Lags& lags = node->lags[static_cast<std::size_t>(kind)];
    std::string mean;
    std::string worst;
    if (lags.count > 0) {
      mean = human_duration(mean_of(lags.sum, lags.count));
      worst = human_duration(lags.worst);
    }
    out << "<tr><th scope=\"row\">" << escaped(node->name) << "</th><td>" << escaped(node->loc)
        << "</td><td class=\"n\">" << mean << "</td><td class=\"n\">" << worst << "</td><td class=\"n\">"
        << grouped(node->last) << "</td><td class=\"n\">" << grouped(node->versions) << "</td><td class=\"n\">"
        << (node->open == 0 ? "" : grouped(node->open)) << "</td></tr>\n";
  }
  out << "</tbody></table></div>\n<p class=\"note\">The first " << std::min(kSlowest, nodes_.size()) << " of "
      << grouped(nodes_.size()) << " production secondaries: those with open versions, then by mean " << name << ".";
  if (unranked_ > 0) out << ' ' << grouped(unranked_) << " rows of further nodes were not ranked.";
  out << "</p>\n";
}

}  // namespace zonelag::aggregator::html
