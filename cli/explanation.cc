#include "explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "aggregator/time_text.h"
#include "dns_text.h"
#include "event_text.h"

namespace zonelag::cli {
namespace {

using aggregator::Claim;
using aggregator::EvidenceKind;
using aggregator::NodeRow;
using aggregator::Role;
using aggregator::VersionRow;
using decoder::is_newer;

std::string kinds_text(std::uint8_t kinds) {
  constexpr std::array kKinds{EvidenceKind::received, EvidenceKind::announced, EvidenceKind::offered,
                              EvidenceKind::served};
  constexpr std::array kNames{"received", "announced", "offered", "served"};
  std::string text;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if ((kinds & bit(kKinds[i])) == 0) continue;
    text += text.empty() ? kNames[i] : fmt::format("+{}", kNames[i]);
  }
  return text;
}

std::string row_name(const NodeRow& node) { return node.hostname.empty() ? node.srcip : node.hostname; }

// What the row is of: "customer, Example GmbH", "secondary, vie, 192.0.2.41".
std::string row_facts(const NodeRow& node) {
  std::string text = node.role == Role::unknown ? "not in the inventory" : aggregator::to_string(node.role);
  if (node.role == Role::customer && !node.dsc_name.empty()) text += ", " + node.dsc_name;
  if (!node.loc.empty()) text += ", " + node.loc;
  if (!node.hostname.empty()) text += ", " + node.srcip;
  return text;
}

std::string indented(std::string_view text, std::size_t spaces) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) result += std::string(spaces, ' ') + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

// The node that a lag of `role` is measured from: the earliest live one.
const NodeRow* reference(const VersionRow& version, Role role) {
  const NodeRow* earliest = nullptr;
  for (const NodeRow& node : version.nodes) {
    const bool counts = node.role == role && node.live_at && node.status != aggregator::NodeStatus::disabled;
    if (counts && (earliest == nullptr || *node.live_at < *earliest->live_at)) earliest = &node;
  }
  return earliest;
}

std::string lag_line(const VersionRow& version, const NodeRow& node, Role role,
                     const std::optional<decoder::Duration>& lag) {
  const std::string name = fmt::format("{} lag", aggregator::to_string(role));
  if (lag) {
    const NodeRow* from = reference(version, role);
    return fmt::format("    {:<17} {} s = {} - {} ({})\n", name, aggregator::decimal_seconds(*lag),
                       aggregator::rfc3339(*node.live_at), from != nullptr ? aggregator::rfc3339(*from->live_at) : "?",
                       from != nullptr ? row_name(*from) : "?");
  }
  if (std::ranges::find(node.unknown_references, role) == node.unknown_references.end()) return {};
  return fmt::format("    {:<17} not known: no {} is known to have had it\n", name, aggregator::to_string(role));
}

// " (piece 3)"; nothing where it is not listed.
template <typename Listed>
std::string number_of(const Piece* piece, const std::vector<Listed>& listed) {
  const auto found = std::ranges::find(listed, piece, &Listed::piece);
  return piece == nullptr || found == listed.end() ? "" : fmt::format(" (piece {})", found - listed.begin() + 1);
}

}  // namespace

// The name of the row that the endpoint's evidence goes to; empty: to none.
std::string Explanation::node_of(const decoder::Event& event, const decoder::Endpoint& endpoint) const {
  if (const auto index = inventory_.nameserver_of(endpoint.address, event.node))
    return inventory_.nameservers()[*index].hostname;
  if (inventory_.is_anycast(endpoint.address)) return {};
  return endpoint.address.to_string();
}

// What the piece says about the row's node, whatever the version.
std::optional<Claim> Explanation::claim_of(const Piece& piece, const Row& row) const {
  auto claim = aggregator::claim_of(piece.event);
  if (!claim || claim->kinds == 0 || node_of(piece.event, claim->node) != row_name(row.node)) return std::nullopt;
  return claim;
}

// As the join finds it: the latest of an answer with an older serial, and the first transfer of this version or a
// newer.
Explanation::Lower Explanation::lower_of(const Row& row) const {
  if (!row.node.not_before) return {};
  for (const Piece& piece : pieces_) {
    const auto claim = claim_of(piece, row);
    if (!claim) continue;
    const bool received = (claim->kinds & bit(EvidenceKind::received)) != 0;
    const bool has_it = claim->serial == row.version.serial || is_newer(claim->serial, row.version.serial);
    if (received && has_it && piece.event.captured_at == *row.node.not_before)
      return {&piece, fmt::format("the transfer of {} to it ended then", claim->serial.value())};
  }
  for (const Piece& piece : pieces_) {
    const auto claim = claim_of(piece, row);
    if (!claim || !claim->lower || claim->lower->time != *row.node.not_before) continue;
    if (is_newer(row.version.serial, claim->lower->serial))
      return {&piece, fmt::format("it still answered with {} then", claim->lower->serial.value())};
  }
  return {};
}

// Why the piece is listed for this row; empty: it is not.
std::string Explanation::remark(const Piece& piece, const Row& row) const {
  const decoder::Event& event = piece.event;
  const NodeRow& node = row.node;
  if (const auto claim = claim_of(piece, row)) {
    const bool of_version = claim->serial == row.version.serial;
    const bool of_successor =
        node.superseded_by && claim->serial == *node.superseded_by && event.captured_at <= *node.live_at;
    if (of_version || of_successor) return kinds_text(claim->kinds);
  }
  if (const auto* transfer = std::get_if<decoder::Transfer>(&event.body)) {
    const bool about = transfer->first_serial == row.version.serial ||
                       (!transfer->first_serial && event.captured_at >= row.version.first_seen);
    const bool late = node.live_at && event.captured_at > *node.live_at;
    if (transfer->phase == decoder::TransferPhase::failed && about && !late &&
        node_of(event, event.destination) == row_name(node))
      return "failed";
  }
  if (const auto* notify = std::get_if<decoder::Notify>(&event.body)) {
    const bool to_node = !notify->response && notify->serial == row.version.serial &&
                         node_of(event, event.destination) == row_name(node);
    if (to_node) return "told";
  }
  return {};
}

std::vector<Explanation::Listed> Explanation::listed(const Row& row, const Lower& lower) const {
  std::vector<Listed> found;
  for (const Piece& piece : pieces_) {
    std::string why = remark(piece, row);
    if (why.empty() && &piece == lower.piece) why = "lower end";
    if (!why.empty()) found.push_back({&piece, std::move(why)});
  }
  return found;
}

std::string Explanation::evidence(const std::vector<Listed>& listed) const {
  std::string text = "  evidence\n";
  if (listed.empty()) return text + "         none: nothing that was captured says that this node has it\n";
  std::size_t number = 0;
  for (const auto& [piece, why] : listed) {
    const decoder::Event& event = piece->event;
    text += fmt::format("    {:>3}  {}  {:<14}  {}\n", ++number, aggregator::rfc3339(event.captured_at), why,
                        describe(event));
    const std::string where = event.provenance
                                  ? fmt::format("{} packet {}", event.provenance->capture, event.provenance->packet)
                                  : event.sensor_id;
    text += fmt::format("         {}, {}, {}\n", way_of(event), decoder::to_string(event.transport), where);
    if (!piece->message.empty()) text += indented(dns_text(piece->message, most_lines_), 11);
  }
  return text;
}

std::string Explanation::upper_end(const Row& row, const std::vector<Listed>& listed) const {
  const NodeRow& node = row.node;
  if (!node.live_at) return "    open              no evidence of this version or of a newer one\n";
  const auto deciding = std::ranges::find_if(listed, [&](const Listed& l) {
    return l.piece->event.captured_at == *node.live_at && claim_of(*l.piece, row).has_value();
  });
  const bool received = node.basis == aggregator::Basis::received;
  std::string text = fmt::format(
      "    live at           {}: {}{}\n", aggregator::rfc3339(*node.live_at),
      received ? "only the transfer is known, not that it is served"
               : fmt::format("the earliest of announced, offered and served is {}", aggregator::to_string(node.basis)),
      deciding == listed.end() ? "" : number_of(deciding->piece, listed));
  if (!node.superseded_by) return text;
  return text + fmt::format("    superseded by     {}: a node with a newer serial has this version too (RFC 1982)\n",
                            node.superseded_by->value());
}

std::string Explanation::lower_end(const Row& row, const Lower& lower, const std::vector<Listed>& listed) const {
  const NodeRow& node = row.node;
  if (!node.live_at) return {};
  if (!node.not_before)
    return "    not before        not known: neither a transfer nor an older serial was seen before\n";
  return fmt::format("    not before        {}: {}{}; so the interval is {} wide\n",
                     aggregator::rfc3339(*node.not_before),
                     lower.piece != nullptr ? lower.reason : "an older serial, or a transfer's end, was seen then",
                     number_of(lower.piece, listed), aggregator::human_duration(*node.live_at - *node.not_before));
}

std::string Explanation::of(const VersionRow& version, const NodeRow& node) const {
  const Row row{version, node};
  const Lower lower = lower_of(row);
  const std::vector<Listed> pieces = listed(row, lower);
  std::string text = fmt::format("{} {} at {} ({})\n", version.zone.to_text(), version.serial.value(), row_name(node),
                                 row_facts(node));
  text += evidence(pieces);
  text += "  conclusion\n" + upper_end(row, pieces) + lower_end(row, lower, pieces);
  text += lag_line(version, node, Role::customer, node.customer_lag);
  text += lag_line(version, node, Role::incoming, node.incoming_lag);
  text += lag_line(version, node, Role::distribution, node.distribution_lag);
  if (node.clock_error)
    text += fmt::format("    clock error       at most {} s\n", aggregator::decimal_seconds(*node.clock_error));
  return text;
}

}  // namespace zonelag::cli
