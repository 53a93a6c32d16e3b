#include "recomputed.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/command_line/usage.h"

namespace zonelag::cli {
namespace {

using aggregator::NodeRow;
using aggregator::RecomputedVersion;
using aggregator::ReportFilter;
using aggregator::Stored;
using aggregator::VersionRow;

// Leaves the nodes that are wanted; false: none of them is.
bool keep_nodes(const ReportFilter& filter, VersionRow& version) {
  if (!filter.open_only && filter.node.empty()) return true;
  const auto address = decoder::IpAddress::parse(filter.node);
  const std::string spelled = address ? address->to_string() : filter.node;
  std::erase_if(version.nodes, [&](const NodeRow& node) {
    const bool named = filter.node.empty() || node.hostname == filter.node || node.srcip == spelled;
    return !named || (filter.open_only && node.live_at);
  });
  return !version.nodes.empty();
}

}  // namespace

std::expected<Recomputed, std::string> Recomputed::open(aggregator::ReportStore& store, const std::string& policy,
                                                        aggregator::LedgerSettings settings) {
  auto rows = store.inventory();
  if (!rows) return std::unexpected(rows.error().text);
  auto services = store.services();
  if (!services) return std::unexpected(services.error().text);
  const auto latest = store.latest();
  if (!latest) return std::unexpected(latest.error().text);
  auto found = aggregator::find_policy(policy, rows->policies);
  if (!found) throw service::UsageError("--policy: " + found.error());
  rows->policies = {*found};
  auto inventory = aggregator::Inventory::build(*std::move(rows));
  if (!inventory) return std::unexpected("the database's inventory contradicts itself: " + inventory.error());
  auto recomputation = std::make_unique<aggregator::Recomputation>(
      *std::move(inventory), std::move(settings), *std::move(services), latest->value_or(decoder::Timestamp::min()));
  return Recomputed(store, *std::move(found), std::move(recomputation));
}

Stored<bool> Recomputed::is_wanted(const ReportFilter& filter, const VersionRow& version) {
  if (filter.serial && version.serial != *filter.serial) return false;
  if (filter.from && version.first_seen < *filter.from) return false;
  if (filter.until && version.first_seen >= *filter.until) return false;
  if (filter.account.empty()) return true;
  const auto accounts = store_.accounts_of(version.zone, version.serial);
  if (!accounts) return std::unexpected(accounts.error());
  return std::ranges::find(*accounts, filter.account) != accounts->end();
}

Stored<void> Recomputed::each(const ReportFilter& filter, const aggregator::Take<RecomputedVersion>& take) {
  Stored<void> failure;
  const auto done = store_.for_each_zone(filter, [&](aggregator::StoredZone&& zone) {
    bool wanted = true;
    recomputation_->for_each_version(std::move(zone), [&](RecomputedVersion&& version) {
      if (!wanted) return;
      const auto asked_for = is_wanted(filter, version.row);
      if (!asked_for) failure = std::unexpected(asked_for.error());
      wanted = asked_for.has_value() && (!*asked_for || take(std::move(version)));
    });
    return wanted;
  });
  return done ? failure : done;
}

Stored<void> Recomputed::for_each_version(const ReportFilter& filter, const aggregator::Take<VersionRow>& take) {
  return each(filter, [&](RecomputedVersion&& version) {
    return !keep_nodes(filter, version.row) || take(std::move(version.row));
  });
}

Stored<void> Recomputed::for_each_verdict(const ReportFilter& filter,
                                          const aggregator::Take<aggregator::JudgedRow>& take) {
  Stored<void> failure;
  const auto done = each(filter, [&](RecomputedVersion&& version) {
    const auto verdict = std::ranges::find(version.verdicts, policy_.name, &aggregator::VerdictRow::policy);
    if (verdict == version.verdicts.end()) return true;
    auto accounts = store_.accounts_of(version.row.zone, version.row.serial);
    if (!accounts) {
      failure = std::unexpected(accounts.error());
      return false;
    }
    return take({policy_.name,
                 *std::move(accounts),
                 {version.row.zone, version.row.serial, version.row.first_seen, verdict->verdict, verdict->figure}});
  });
  return done ? failure : done;
}

}  // namespace zonelag::cli
