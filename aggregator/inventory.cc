#include "aggregator/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace zonelag::aggregator {
namespace {

// What is wrong with a row; empty: nothing.
using Defect = std::optional<std::string>;

// Where a person finds it.
template <typename Row>
std::string place_of(const Row& row) {
  if (row.line != 0) return fmt::format(" (line {})", row.line);
  return row.id == 0 ? std::string() : fmt::format(" (id {})", row.id);
}

std::string name_of(const Nameserver& row) { return fmt::format("nameserver \"{}\"{}", row.hostname, place_of(row)); }
std::string name_of(const CustomerNameserver& row) {
  return fmt::format("customer_nameserver {} for zone {}{}", row.ip.to_string(), row.zone ? row.zone->to_text() : "*",
                     place_of(row));
}
std::string name_of(const Policy& row) { return fmt::format("policy \"{}\"{}", row.name, place_of(row)); }

Defect defect_of(const Nameserver& row) {
  if (row.hostname.empty()) {
    const auto& address = row.ip4 ? row.ip4 : row.ip6;
    return fmt::format("nameserver {}{} has no hostname", address ? address->to_string() : "without address",
                       place_of(row));
  }
  if (!row.ip4 && !row.ip6) return name_of(row) + " has neither ip4 nor ip6";
  if (row.ip4 && !row.ip4->is_v4()) return fmt::format("{}: ip4 {} is not IPv4", name_of(row), row.ip4->to_string());
  if (row.ip6 && row.ip6->is_v4()) return fmt::format("{}: ip6 {} is not IPv6", name_of(row), row.ip6->to_string());
  if (row.ns_type != Role::incoming && row.ns_type != Role::distribution && row.ns_type != Role::secondary) {
    return fmt::format("{}: ns_type {} is none of incoming, distribution, secondary", name_of(row),
                       to_string(row.ns_type));
  }
  return std::nullopt;
}

}  // namespace

// Fills an inventory's indices row by row, and lists the contradictions.
class InventoryIndexer {
 public:
  explicit InventoryIndexer(Inventory& inventory) : inventory_(inventory) {}

  std::vector<std::string> index_all() {
    for (std::uint32_t i = 0; i < inventory_.rows_.nameservers.size(); ++i) note(index_nameserver(i));
    for (std::uint32_t i = 0; i < inventory_.rows_.nameservers.size(); ++i) note(unicast_among_anycast(i));
    for (std::uint32_t i = 0; i < inventory_.rows_.customers.size(); ++i) note(index_customer(i));
    for (std::uint32_t i = 0; i < inventory_.rows_.policies.size(); ++i) note(index_policy(i));
    return std::move(defects_);
  }

 private:
  const Nameserver& nameserver(std::uint32_t i) const { return inventory_.rows_.nameservers[i]; }
  void note(Defect defect) {
    if (defect) defects_.push_back(*std::move(defect));
  }

  Defect index_nameserver(std::uint32_t i) {
    const Nameserver& row = nameserver(i);
    if (Defect defect = defect_of(row)) return defect;
    const auto [same, fresh] = inventory_.hostnames_.emplace(row.hostname, i);
    if (!fresh) return fmt::format("{} and {} have the same hostname", name_of(nameserver(same->second)), name_of(row));
    for (const auto& address : {row.ip4, row.ip6}) {
      if (!address) continue;
      const auto [other, is_new] = inventory_.unicast_.emplace(*address, i);
      if (!is_new) return both_have(nameserver(other->second), row, *address);
    }
    std::set<IpAddress> own;
    for (const IpAddress& address : row.anycast) {
      inventory_.anycast_.emplace(address, i);
      if (own.insert(address).second) continue;
      return fmt::format("{} lists anycast address {} twice", name_of(row), address.to_string());
    }
    return std::nullopt;
  }

  static std::string both_have(const Nameserver& one, const Nameserver& other, const IpAddress& address) {
    return fmt::format("{} and {} have the same address {}", name_of(one), name_of(other), address.to_string());
  }

  Defect unicast_among_anycast(std::uint32_t i) const {
    for (const IpAddress& address : nameserver(i).anycast) {
      const auto owner = inventory_.unicast_.find(address);
      if (owner == inventory_.unicast_.end()) continue;
      return fmt::format("anycast address {} of {} is the unicast address of {}", address.to_string(),
                         name_of(nameserver(i)), name_of(nameserver(owner->second)));
    }
    return std::nullopt;
  }

  Defect index_customer(std::uint32_t i) {
    const CustomerNameserver& row = inventory_.rows_.customers[i];
    if (const auto owner = owner_of(row.ip)) {
      return fmt::format("{} has the address of {}", name_of(row), name_of(nameserver(*owner)));
    }
    if (!row.accountname.empty()) {
      Inventory::AccountZones& account = inventory_.accounts_[row.accountname];
      if (row.zone) account.zones.insert(*row.zone);
      account.every_zone = account.every_zone || !row.zone;
    }
    Inventory::CustomerZones& zones = inventory_.customers_[row.ip];
    std::uint32_t first = i;
    if (row.zone) {
      first = zones.by_zone.emplace(*row.zone, i).first->second;
    } else {
      first = zones.every_zone.value_or(i);
      zones.every_zone = first;
    }
    if (first == i) return std::nullopt;
    return fmt::format("{} and {} are the same", name_of(inventory_.rows_.customers[first]), name_of(row));
  }

  // The nameserver that has the address, unicast or anycast.
  std::optional<std::uint32_t> owner_of(const IpAddress& address) const {
    if (const auto found = inventory_.unicast_.find(address); found != inventory_.unicast_.end()) return found->second;
    const auto found = inventory_.anycast_.find(address);
    if (found == inventory_.anycast_.end()) return std::nullopt;
    return found->second;
  }

  Defect index_policy(std::uint32_t i) {
    const Policy& row = inventory_.rows_.policies[i];
    if (const Defect defect = aggregator::defect_of(row)) return name_of(row) + ": " + *defect;
    const auto [same, fresh] = policy_names_.emplace(row.name, i);
    if (!fresh) {
      return fmt::format("{} and {} have the same name", name_of(inventory_.rows_.policies[same->second]),
                         name_of(row));
    }
    for (const std::optional<ZoneName>& zone : row.zones) index_policy_zone(i, zone ? &*zone : nullptr);
    if (const auto account = inventory_.accounts_.find(row.account); account != inventory_.accounts_.end()) {
      for (const ZoneName& zone : account->second.zones) index_policy_zone(i, &zone);
      if (account->second.every_zone) index_policy_zone(i, nullptr);
    }
    return std::nullopt;
  }

  // The first one for a zone stays. Null: every zone.
  void index_policy_zone(std::uint32_t policy, const ZoneName* zone) {
    if (zone != nullptr) {
      inventory_.policies_by_zone_.emplace(*zone, policy);
    } else if (!inventory_.policy_of_every_zone_) {
      inventory_.policy_of_every_zone_ = policy;
    }
  }

  Inventory& inventory_;
  std::map<std::string_view, std::uint32_t> policy_names_;
  std::vector<std::string> defects_;
};

std::expected<Inventory, std::string> Inventory::build(InventoryRows rows) {
  Inventory inventory;
  inventory.rows_ = std::move(rows);
  const std::vector<std::string> defects = InventoryIndexer(inventory).index_all();
  if (!defects.empty()) return std::unexpected(defects.front());
  return inventory;
}

std::vector<std::string> contradictions(InventoryRows rows) {
  Inventory inventory;
  inventory.rows_ = std::move(rows);
  return InventoryIndexer(inventory).index_all();
}

std::optional<std::uint32_t> Inventory::nameserver_of(const IpAddress& address, std::string_view captured_at) const {
  if (const auto found = unicast_.find(address); found != unicast_.end()) return found->second;
  if (captured_at.empty() || !is_anycast(address)) return std::nullopt;
  const auto here = nameserver_named(captured_at);
  if (!here) return std::nullopt;
  const std::vector<IpAddress>& shared = rows_.nameservers[*here].anycast;
  return std::ranges::find(shared, address) != shared.end() ? here : std::nullopt;
}

std::optional<std::uint32_t> Inventory::nameserver_named(std::string_view hostname) const {
  const auto found = hostnames_.find(std::string(hostname));
  if (found == hostnames_.end()) return std::nullopt;
  return found->second;
}

bool Inventory::is_anycast(const IpAddress& address) const { return anycast_.contains(address); }

const CustomerNameserver* Inventory::customer_of(const IpAddress& address, const ZoneName& zone) const {
  const auto found = customers_.find(address);
  if (found == customers_.end()) return nullptr;
  const CustomerZones& zones = found->second;
  if (const auto exact = zones.by_zone.find(zone); exact != zones.by_zone.end()) return &rows_.customers[exact->second];
  return zones.every_zone ? &rows_.customers[*zones.every_zone] : nullptr;
}

bool Inventory::is_customer(const IpAddress& address) const { return customers_.contains(address); }

bool Inventory::applies(const Policy& policy, const ZoneName& zone) const {
  const bool named = std::ranges::any_of(
      policy.zones, [&](const std::optional<ZoneName>& named_zone) { return !named_zone || *named_zone == zone; });
  if (named || policy.account.empty()) return named;
  const auto account = accounts_.find(policy.account);
  return account != accounts_.end() && (account->second.every_zone || account->second.zones.contains(zone));
}

const Policy* Inventory::policy_for(const ZoneName& zone) const {
  if (const auto found = policies_by_zone_.find(zone); found != policies_by_zone_.end()) {
    return &rows_.policies[found->second];
  }
  return policy_of_every_zone_ ? &rows_.policies[*policy_of_every_zone_] : nullptr;
}

}  // namespace zonelag::aggregator
