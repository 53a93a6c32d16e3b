#include "aggregator/starter_inventory.h"

#include <algorithm>
#include <variant>

namespace zonelag::aggregator {
namespace {

constexpr const char* kHeading =
    "# A starter inventory, made by `zonelag replay --write-inventory` from what the captures show. Check every line:\n"
    "# - ns_type was guessed from who feeds whom: who only gives is a customer, who takes from one is incoming, who "
    "only\n"
    "#   takes is a secondary, the rest is distribution;\n"
    "# - a capture whose exchanges all have a few addresses in common was taken at one host, which got the file's "
    "name;\n"
    "# - an address that several of these hosts have is anycast;\n"
    "# - every node has a location of its own: nodes of one site should share it.\n\n";

// What a capture is called without folder and endings.
std::string host_name(const std::string& sensor_id) {
  const std::size_t slash = sensor_id.rfind('/');
  return slash == std::string::npos ? sensor_id : sensor_id.substr(slash + 1);
}

}  // namespace

StarterInventory::Address* StarterInventory::address(const IpAddress& address) {
  const auto known = addresses_.find(address);
  if (known != addresses_.end()) return &known->second;
  if (addresses_.size() >= kMaxAddresses) {
    limited_ = true;
    return nullptr;
  }
  return &addresses_[address];
}

void StarterInventory::feeds(const IpAddress& from, const IpAddress& to) {
  Address* const giver = address(from);
  Address* const taker = address(to);
  if (giver == nullptr || taker == nullptr) return;
  giver->feeds.insert(to);
  taker->fed_by.insert(from);
}

void StarterInventory::consume(const decoder::Event& event) {
  const IpAddress& from = event.source.address;
  const IpAddress& to = event.destination.address;
  if (const auto* transfer = std::get_if<decoder::Transfer>(&event.body)) {
    if (transfer->phase != decoder::TransferPhase::completed) return;
    feeds(from, to);
    if (Address* giver = address(from); giver != nullptr) giver->zones.insert(event.zone);
  } else if (const auto* notify = std::get_if<decoder::Notify>(&event.body)) {
    const bool accepted = notify->response && notify->rcode == 0 && notify->query_type == decoder::kTypeSoa;
    if (!accepted) return;
    feeds(to, from);  // a response: the NOTIFY went the other way
    if (Address* giver = address(to); giver != nullptr) giver->zones.insert(event.zone);
  } else if (std::holds_alternative<decoder::Served>(event.body)) {
    if (Address* server = address(from); server != nullptr) {
      ++server->served;
      server->zones.insert(event.zone);
    }
  } else {
    return;
  }
  Sensor& sensor = sensors_[event.sensor_id];
  if (sensor.exchanges.size() < kMaxPairs) ++sensor.exchanges[std::minmax(from, to)];
}

// The fewest addresses, most frequent first, so that each exchange has one of them at an end. Empty: two of them talk
// to each other, as happens at a mirror port only.
std::set<IpAddress> StarterInventory::own_addresses(const Sensor& sensor) {
  std::map<Pair, std::uint64_t> left = sensor.exchanges;
  std::set<IpAddress> own;
  while (!left.empty()) {
    std::map<IpAddress, std::uint64_t> counts;
    for (const auto& [pair, count] : left) {
      if (!pair.first.is_none()) counts[pair.first] += count;
      if (!pair.second.is_none()) counts[pair.second] += count;
    }
    if (counts.empty()) return {};
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
    own.insert(most);
    std::erase_if(left, [&](const auto& entry) { return entry.first.first == most || entry.first.second == most; });
  }
  for (const auto& [pair, count] : sensor.exchanges) {
    if (own.contains(pair.first) && own.contains(pair.second)) return {};
  }
  return own;
}

std::vector<StarterInventory::Host> StarterInventory::hosts() const {
  std::vector<Host> hosts;
  std::set<IpAddress> placed;
  for (const auto& [id, sensor] : sensors_) {
    Host host{host_name(id), own_addresses(sensor)};
    if (host.addresses.empty()) continue;
    placed.insert(host.addresses.begin(), host.addresses.end());
    hosts.push_back(std::move(host));
  }
  for (const auto& [address, seen] : addresses_) {
    if (!placed.contains(address)) hosts.push_back({address.to_string(), {address}});
  }
  return hosts;
}

bool StarterInventory::is_customer(const IpAddress& address) const {
  const auto seen = addresses_.find(address);
  return seen != addresses_.end() && seen->second.fed_by.empty() && !seen->second.feeds.empty();
}

Role StarterInventory::role_of(const std::set<IpAddress>& addresses) const {
  bool gives = false;
  bool takes = false;
  bool from_customer = false;
  for (const IpAddress& address : addresses) {
    const auto seen = addresses_.find(address);
    if (seen == addresses_.end()) continue;
    gives |= !seen->second.feeds.empty();
    takes |= !seen->second.fed_by.empty();
    from_customer |=
        std::ranges::any_of(seen->second.fed_by, [&](const IpAddress& giver) { return is_customer(giver); });
  }
  if (!gives) return Role::secondary;
  if (!takes) return Role::customer;
  return from_customer ? Role::incoming : Role::distribution;
}

void StarterInventory::add_nameserver(InventoryRows& rows, const Host& host, const std::set<IpAddress>& shared) const {
  Nameserver nameserver{
      .hostname = host.name, .loc = host.name, .dsc_name = host.name, .ns_type = role_of(host.addresses)};
  for (const IpAddress& address : host.addresses) {
    std::optional<IpAddress>& unicast = address.is_v4() ? nameserver.ip4 : nameserver.ip6;
    if (shared.contains(address) || unicast) {
      nameserver.anycast.push_back(address);
    } else {
      unicast = address;
    }
  }
  rows.nameservers.push_back(std::move(nameserver));
}

InventoryRows StarterInventory::rows() const {
  const std::vector<Host> all = hosts();
  std::set<IpAddress> once;
  std::set<IpAddress> shared;
  for (const Host& host : all) {
    for (const IpAddress& address : host.addresses) {
      if (!once.insert(address).second) shared.insert(address);
    }
  }
  InventoryRows rows;
  for (const Host& host : all) {
    if (role_of(host.addresses) != Role::customer) {
      add_nameserver(rows, host, shared);
      continue;
    }
    for (const IpAddress& address : host.addresses) {
      const auto seen = addresses_.find(address);
      if (seen == addresses_.end() || seen->second.zones.empty()) continue;
      if (seen->second.zones.size() > kMaxZones) {
        rows.customers.push_back({address, std::nullopt, host.name});
        continue;
      }
      for (const ZoneName& zone : seen->second.zones) rows.customers.push_back({address, zone, host.name});
    }
  }
  std::ranges::stable_sort(rows.nameservers, {}, &Nameserver::ns_type);
  return rows;
}

std::string StarterInventory::to_toml() const {
  std::string text = kHeading;
  if (limited_) text += "# More addresses were seen than could be looked at: part of the fleet is missing.\n\n";
  return text + aggregator::to_toml(rows());
}

}  // namespace zonelag::aggregator
