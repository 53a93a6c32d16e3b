#include "figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace zonelag::truth {
namespace {

using aggregator::TransferRow;
using decoder::Duration;
using decoder::TransferForm;
using decoder::TransferPhase;

// A line comes at most this much before or after the last segment (pcaps/README.md: 51 ms); a dribbled or blocked
// sender logs its end when the last bytes are in its own buffers.
constexpr Duration kLogDistance = std::chrono::seconds(2);

const char* name_of(TransferForm form) {
  switch (form) {
    case TransferForm::none: return "nothing";
    case TransferForm::axfr: return "AXFR";
    case TransferForm::incremental: return "incremental";
    case TransferForm::axfr_style: return "AXFR-style";
    case TransferForm::lone_soa: return "lone SOA";
  }
  return "?";
}

std::string host_of(const decoder::IpAddress& address, const std::string& zone,
                    const aggregator::Inventory& inventory) {
  if (const auto node = inventory.nameserver_of(address, {})) return inventory.nameservers()[*node].hostname;
  const auto name = decoder::ZoneName::parse(zone);
  return name && inventory.customer_of(address, *name) != nullptr ? "customer" : address.to_string();
}

Duration distance(const TransferRow& row, const LoggedTransfer& logged) {
  return std::chrono::abs(*row.ended_at - logged.at);
}

// The completed transfer nearest in time between these two, of this version.
const TransferRow* find(const std::vector<TransferRow>& rows, const LoggedTransfer& logged,
                        const aggregator::Inventory& inventory) {
  const TransferRow* nearest = nullptr;
  for (const TransferRow& row : rows) {
    if (row.outcome != TransferPhase::completed || !row.serial || row.serial->value() != logged.serial) continue;
    if (!row.ended_at || row.zone.to_text() != logged.zone || distance(row, logged) > kLogDistance) continue;
    if (host_of(row.server, logged.zone, inventory) != logged.server) continue;
    if (host_of(row.client, logged.zone, inventory) != logged.client) continue;
    if (nearest == nullptr || distance(row, logged) < distance(*nearest, logged)) nearest = &row;
  }
  return nearest;
}

bool is_captured(const Facts& facts, const LoggedTransfer& logged, bool mirror) {
  for (const std::string& host : {logged.server, logged.client}) {
    const auto found = facts.invisible.find({host, logged.zone, logged.serial});
    if (found != facts.invisible.end() && (mirror || !found->second)) return false;
  }
  return mirror || facts.captured.contains(logged.server) || facts.captured.contains(logged.client);
}

std::string difference(const TransferRow& row, const LoggedTransfer& logged) {
  std::string text;
  const auto compare = [&](const char* what, std::uint64_t ours, std::uint64_t theirs) {
    if (ours != theirs) text += fmt::format(" {} {}, logged {};", what, ours, theirs);
  };
  compare("messages", row.messages, logged.messages);
  compare("records", row.records, logged.records);
  compare("bytes", row.bytes, logged.bytes);
  if (!logged.got.empty() && logged.got != name_of(row.got))
    text += fmt::format(" {}, logged {};", name_of(row.got), logged.got);
  return text;
}

}  // namespace

void check_figures(const Facts& facts, const std::vector<TransferRow>& rows, const aggregator::Inventory& inventory,
                   bool mirror, Tally& tally) {
  for (const LoggedTransfer& logged : facts.transfers) {
    if (!is_captured(facts, logged, mirror)) continue;
    const std::string name = fmt::format("{} to {} {} {} ({}'s log)", logged.server, logged.client, logged.zone,
                                         logged.serial, logged.server_logged ? logged.server : logged.client);
    const TransferRow* row = find(rows, logged, inventory);
    if (row == nullptr) {
      tally.mismatches.push_back(name + ": no such transfer");
      continue;
    }
    ++tally.figures;
    if (const std::string text = difference(*row, logged); !text.empty()) tally.mismatches.push_back(name + ":" + text);
  }
}

}  // namespace zonelag::truth
