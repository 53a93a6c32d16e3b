#include "aggregator/recompute.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "aggregator/row_order.h"

namespace zonelag::aggregator {
namespace {

constexpr std::array kReferenceRoles{Role::customer, Role::incoming, Role::distribution};

// Whether lags of a secondary are measured from nodes of this role.
bool applies(Role reference, const Inventory& inventory) {
  return reference == Role::customer || std::ranges::any_of(inventory.nameservers(), [&](const Nameserver& node) {
           return node.ns_type == reference && node.status != NodeStatus::disabled;
         });
}

bool is_known(Role reference, const VersionRow& version) {
  return std::ranges::any_of(version.nodes, [&](const NodeRow& node) {
    return node.role == reference && node.live_at && node.status != NodeStatus::disabled;
  });
}

}  // namespace

Recomputation::Recomputation(Inventory inventory, LedgerSettings settings, std::vector<ServiceChange> services,
                             Timestamp now)
    : ledger_(std::move(inventory), std::move(settings)), now_(now) {
  ledger_.replace_services(std::move(services));
}

// What a version lists as open are hostnames: who that is says the inventory.
NodeRow Recomputation::open_row(const VersionRow& version, const std::string& hostname) const {
  NodeRow row;
  row.zone = version.zone;
  row.serial = version.serial;
  row.hostname = hostname;
  row.role = Role::secondary;
  if (const auto index = ledger_.inventory().nameserver_named(hostname)) {
    const Nameserver& node = ledger_.inventory().nameservers()[*index];
    row.loc = node.loc;
    row.dsc_name = node.dsc_name;
    row.role = node.ns_type;
    row.status = node.status;
    if (const auto& address = node.ip4 ? node.ip4 : node.ip6) row.srcip = address->to_string();
  }
  for (const Role reference : kReferenceRoles) {
    if (applies(reference, ledger_.inventory()) && !is_known(reference, version))
      row.unknown_references.push_back(reference);
  }
  return row;
}

std::vector<RecomputedVersion> Recomputation::assemble(const Changes& changes) const {
  std::map<std::uint32_t, RecomputedVersion> versions;
  for (const VersionChange& change : changes.versions) {
    if (change.inventory != 0) versions[change.row.serial.value()] = {change.row, change.verdicts};
  }
  for (const NodeChange& change : changes.nodes) {
    const auto version = versions.find(change.row.serial.value());
    if (version != versions.end()) version->second.row.nodes.push_back(change.row);
  }
  for (const VersionChange& change : changes.versions) {
    if (change.inventory == 0) continue;
    VersionRow& version = versions[change.row.serial.value()].row;
    std::vector<NodeRow> open;
    for (const std::string& hostname : change.open_nodes) open.push_back(open_row(version, hostname));
    std::ranges::move(open, std::back_inserter(version.nodes));
    sort_nodes(version.nodes);
  }
  std::vector<RecomputedVersion> rows;
  for (auto& [serial, version] : versions) rows.push_back(std::move(version));
  std::ranges::sort(rows, {}, [](const RecomputedVersion& version) {
    return std::tuple(version.row.first_seen, version.row.serial.value());
  });
  return rows;
}

void Recomputation::for_each_version(StoredZone zone, const std::function<void(RecomputedVersion&&)>& take) {
  // Of an inventory that there never was: nothing of what was written counts as right.
  for (StoredVersion& version : zone.versions) version.inventory = ~ledger_.inventory_digest();
  ledger_.restore(zone);
  Changes changes;
  ledger_.take_changes(now_, true, changes);
  ledger_.clear();
  for (RecomputedVersion& version : assemble(changes)) take(std::move(version));
}

}  // namespace zonelag::aggregator
