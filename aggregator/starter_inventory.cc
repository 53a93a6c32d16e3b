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
  if (sensor.exchanges.size() < kMaxPairs) sensor.exchanges.insert(std::minmax(from, to));
}

// At one host every exchange joins one of its own addresses to another host's, so addresses fall into groups of two
// sides each. The host's side is the smaller, else the one seen in fewer captures. An address that serves and neither
// gives nor takes zones is a service address of the host's: its primaries' answers are captured here too.
// Empty: this is no host's capture but a mirror port's, as two own addresses of a family show, or ones that talk to
// each other.
std::set<IpAddress> StarterInventory::own_addresses(const Sensor& sensor) const {
  Neighbours neighbours;
  std::set<IpAddress> own;
  for (const Pair& pair : sensor.exchanges) {
    if (pair.first.is_none()) {
      if (is_service(pair.second)) own.insert(pair.second);
      continue;
    }
    neighbours[pair.first].insert(pair.second);
    neighbours[pair.second].insert(pair.first);
  }
  if (own.size() > kMaxServiceAddresses) return {};
  std::set<IpAddress> unicast;
  while (!neighbours.empty()) {
    const auto sides = take_group(neighbours);
    if (!sides) return {};
    const auto& chosen = own_side(*sides);
    unicast.insert(chosen.begin(), chosen.end());
  }
  if (std::ranges::count_if(unicast, &IpAddress::is_v4) > 1) return {};
  if (std::ranges::count_if(unicast, [](const IpAddress& address) { return !address.is_v4(); }) > 1) return {};
  own.insert(unicast.begin(), unicast.end());
  return own;
}

// Takes one connected group out of `neighbours`; nothing: it has no two sides.
std::optional<StarterInventory::Sides> StarterInventory::take_group(Neighbours& neighbours) {
  Sides sides;
  std::vector<std::pair<IpAddress, std::size_t>> waiting{{neighbours.begin()->first, 0}};
  while (!waiting.empty()) {
    const auto [address, side] = waiting.back();
    waiting.pop_back();
    if (sides[1 - side].contains(address)) return std::nullopt;
    if (!sides[side].insert(address).second) continue;
    const auto found = neighbours.find(address);
    for (const IpAddress& other : found->second) waiting.emplace_back(other, 1 - side);
  }
  for (const auto& side : sides) {
    for (const IpAddress& address : side) neighbours.erase(address);
  }
  return sides;
}

const std::set<IpAddress>& StarterInventory::own_side(const Sides& sides) const {
  if (sides[0].size() != sides[1].size()) return sides[0].size() < sides[1].size() ? sides[0] : sides[1];
  return captures_with(sides[0]) <= captures_with(sides[1]) ? sides[0] : sides[1];
}

bool StarterInventory::is_service(const IpAddress& address) const {
  const auto seen = addresses_.find(address);
  return seen != addresses_.end() && seen->second.feeds.empty() && seen->second.fed_by.empty();
}

std::size_t StarterInventory::captures_with(const std::set<IpAddress>& addresses) const {
  std::size_t captures = 0;
  for (const auto& [id, sensor] : sensors_) {
    captures += std::ranges::any_of(sensor.exchanges, [&](const Pair& pair) {
      return addresses.contains(pair.first) || addresses.contains(pair.second);
    });
  }
  return captures;
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
  // A row needs an address of its own.
  if (!nameserver.ip4 && !nameserver.ip6) {
    const IpAddress address = nameserver.anycast.front();
    (address.is_v4() ? nameserver.ip4 : nameserver.ip6) = address;
    nameserver.anycast.erase(nameserver.anycast.begin());
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
