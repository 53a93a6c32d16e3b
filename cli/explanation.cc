#include "explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "aggregator/claim.h"
#include "aggregator/time_text.h"

namespace zonelag::cli {
namespace {

using aggregator::Claim;
using aggregator::EvidenceKind;
using aggregator::NodeRow;
using aggregator::Role;
using aggregator::VersionRow;
using decoder::Serial;
using decoder::Timestamp;

std::string serial_text(const std::optional<Serial>& serial) {
  return serial ? std::to_string(serial->value()) : std::string("?");
}

std::string describe_body(const decoder::Notify& notify) {
  if (notify.response) {
    return fmt::format("answer to NOTIFY{}: {}",
                       notify.request_serial ? " of " + serial_text(notify.request_serial) : "",
                       decoder::rcode_to_string(notify.rcode));
  }
  std::string text = notify.serial ? "NOTIFY with serial " + serial_text(notify.serial) : "NOTIFY without serial";
  if (notify.query_type != decoder::kTypeSoa) text += fmt::format(" for TYPE{}", notify.query_type);
  if (notify.answered_with) text += ", asked about and answered with " + serial_text(notify.answered_with);
  if (notify.attempt > 1) text += fmt::format(", attempt {}", notify.attempt);
  if (!notify.tsig_key.empty()) text += ", TSIG key " + notify.tsig_key;
  return text;
}

std::string describe_body(const decoder::Transfer& transfer) {
  std::string text =
      transfer.asked == decoder::TransferQuery::unknown ? "transfer" : decoder::to_string(transfer.asked);
  if (transfer.client_serial) text += " from " + serial_text(transfer.client_serial);
  text += fmt::format(" {}", decoder::to_string(transfer.phase));
  if (transfer.failure != decoder::TransferFailure::none)
    text += fmt::format(": {}", decoder::to_string(transfer.failure));
  if (transfer.first_serial) text += ", serial " + serial_text(transfer.first_serial);
  if (transfer.phase == decoder::TransferPhase::started) return text;
  if (transfer.got != decoder::TransferForm::none)
    text += fmt::format(", came as {}", decoder::to_string(transfer.got));
  return text + fmt::format(", {} message{}, {} records, {} bytes", transfer.messages,
                            transfer.messages == 1 ? "" : "s", transfer.records, transfer.bytes);
}

std::string describe_body(const decoder::Served& served) {
  std::string text = fmt::format("serial {} in a {}", served.serial.value(), decoder::to_string(served.via));
  if (served.previous && served.previous_last_seen) {
    text +=
        fmt::format(", after {} up to {}", served.previous->value(), aggregator::rfc3339(*served.previous_last_seen));
  }
  return text;
}

std::string describe_body(const decoder::Stamp& stamp) { return fmt::format("TXT {} = {}", stamp.owner, stamp.value); }
std::string describe_body(const decoder::Status&) { return "status of the sensor"; }

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

std::string endpoint_text(const decoder::Endpoint& endpoint) {
  return fmt::format("{}#{}", endpoint.address.to_string(), endpoint.port);
}

std::string way(const decoder::Event& event) {
  if (event.destination.address.is_none()) return fmt::format("from {}", endpoint_text(event.source));
  return fmt::format("{} > {}", endpoint_text(event.source), endpoint_text(event.destination));
}

std::string row_name(const NodeRow& node) { return node.hostname.empty() ? node.srcip : node.hostname; }

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
    return fmt::format("    {:<17} {} s = {} - {} ({} {})\n", name, aggregator::decimal_seconds(*lag),
                       aggregator::rfc3339(*node.live_at), from != nullptr ? aggregator::rfc3339(*from->live_at) : "?",
                       aggregator::to_string(role), from != nullptr ? row_name(*from) : "?");
  }
  if (std::ranges::find(node.unknown_references, role) == node.unknown_references.end()) return {};
  return fmt::format("    {:<17} not known: no {} is known to have had it\n", name, aggregator::to_string(role));
}

}  // namespace

std::string describe(const decoder::Event& event) {
  return std::visit([](const auto& body) { return describe_body(body); }, event.body);
}

// The name of the row that the endpoint's evidence goes to; empty: to none.
std::string Explanation::node_of(const decoder::Event& event, const decoder::Endpoint& endpoint) const {
  if (const auto index = inventory_.nameserver_of(endpoint.address, event.node))
    return inventory_.nameservers()[*index].hostname;
  if (inventory_.is_anycast(endpoint.address)) return {};
  return endpoint.address.to_string();
}

// Why the piece is listed for this row; empty: it is not.
std::string Explanation::remark(const Piece& piece, const VersionRow& version, const NodeRow& node) const {
  const decoder::Event& event = piece.event;
  if (const auto claim = aggregator::claim_of(event); claim && claim->kinds != 0) {
    const bool of_version = claim->serial == version.serial;
    const bool of_successor =
        node.superseded_by && claim->serial == *node.superseded_by && event.captured_at <= *node.live_at;
    if (node_of(event, claim->node) == row_name(node) && (of_version || of_successor)) return kinds_text(claim->kinds);
  }
  if (const auto* transfer = std::get_if<decoder::Transfer>(&event.body)) {
    const bool about = transfer->first_serial == version.serial ||
                       (!transfer->first_serial && event.captured_at >= version.first_seen);
    const bool late = node.live_at && event.captured_at > *node.live_at;
    if (transfer->phase == decoder::TransferPhase::failed && about && !late &&
        node_of(event, event.destination) == row_name(node))
      return "failed";
  }
  if (const auto* notify = std::get_if<decoder::Notify>(&event.body)) {
    const bool to_node =
        !notify->response && notify->serial == version.serial && node_of(event, event.destination) == row_name(node);
    if (to_node) return "told";
  }
  return {};
}

std::string Explanation::evidence(const VersionRow& version, const NodeRow& node, std::vector<Listed>& listed) const {
  std::string text = "  evidence\n";
  for (const Piece& piece : pieces_) {
    const std::string why = remark(piece, version, node);
    if (why.empty()) continue;
    listed.push_back({listed.size() + 1, &piece});
    const decoder::Event& event = piece.event;
    text += fmt::format("    {:>3}  {}  {:<14}  {}\n", listed.size(), aggregator::rfc3339(event.captured_at), why,
                        describe(event));
    const std::string where = event.provenance
                                  ? fmt::format("{} packet {}", event.provenance->capture, event.provenance->packet)
                                  : event.sensor_id;
    text += fmt::format("         {}, {}, {}\n", way(event), decoder::to_string(event.transport), where);
    text += indented(piece.message, 11);
  }
  if (listed.empty()) text += "         none: nothing that was captured says that this node has it\n";
  return text;
}

std::string Explanation::interval(const NodeRow& node, const std::vector<Listed>& listed) const {
  if (!node.live_at) return "    open              no evidence of this version or of a newer one\n";
  const auto deciding = std::ranges::find_if(listed, [&](const Listed& l) {
    const auto claim = aggregator::claim_of(l.piece->event);
    return l.piece->event.captured_at == *node.live_at && claim && claim->kinds != 0;
  });
  const std::string piece = deciding == listed.end() ? "" : fmt::format(" (piece {})", deciding->number);
  const bool received = node.basis == aggregator::Basis::received;
  std::string text = fmt::format(
      "    live at           {}: {}{}\n", aggregator::rfc3339(*node.live_at),
      received ? "only the transfer is known, not that it is served"
               : fmt::format("the earliest of announced, offered and served is {}", aggregator::to_string(node.basis)),
      piece);
  if (node.superseded_by) {
    text += fmt::format("    superseded by     {}: a node with a newer serial has this version too (RFC 1982)\n",
                        node.superseded_by->value());
  }
  if (!node.not_before)
    return text + "    not before        not known: neither a transfer nor an older serial was seen before\n";
  const bool transfer = node.received_at == node.not_before;
  return text + fmt::format(
                    "    not before        {}: {}; so the interval is {} wide\n", aggregator::rfc3339(*node.not_before),
                    transfer ? "its transfer ended then" : "an older serial was still served, or a transfer ended",
                    aggregator::human_duration(*node.live_at - *node.not_before));
}

std::string Explanation::of(const VersionRow& version, const NodeRow& node) const {
  std::vector<Listed> listed;
  const std::string role = node.role == Role::unknown ? "not in the inventory" : aggregator::to_string(node.role);
  std::string text =
      fmt::format("{} {} at {} ({}{}{})\n", version.zone.to_text(), version.serial.value(), row_name(node), role,
                  node.loc.empty() ? "" : ", " + node.loc, node.hostname.empty() ? "" : ", " + node.srcip);
  text += evidence(version, node, listed);
  text += "  conclusion\n" + interval(node, listed);
  text += lag_line(version, node, Role::customer, node.customer_lag);
  text += lag_line(version, node, Role::incoming, node.incoming_lag);
  text += lag_line(version, node, Role::distribution, node.distribution_lag);
  if (node.clock_error)
    text += fmt::format("    clock error       at most {} s\n", aggregator::decimal_seconds(*node.clock_error));
  return text;
}

}  // namespace zonelag::cli
