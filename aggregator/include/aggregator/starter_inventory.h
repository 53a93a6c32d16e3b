// A first inventory out of what captures show: who feeds whom gives the roles, and which addresses all of a capture's
// exchanges have in common gives the hosts. Every line of it is a guess for a person to check.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "aggregator/inventory.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

class StarterInventory {
 public:
  void consume(const decoder::Event& event);

  // Rows for Inventory::build; a customer with more than kMaxZones zones is given "*".
  InventoryRows rows() const;
  // TOML with a heading that says what it is.
  std::string to_toml() const;

 private:
  static constexpr std::size_t kMaxAddresses = 10'000;  // of servers; more are not looked at, and the heading says so
  static constexpr std::size_t kMaxPairs = 100'000;     // of one capture
  static constexpr std::size_t kMaxZones = 20;
  static constexpr std::size_t kMaxServiceAddresses = 16;  // of one host; with more it is a mirror port

  struct Address {
    std::set<IpAddress> feeds;  // got a transfer from it, or accepted its NOTIFY
    std::set<IpAddress> fed_by;
    std::set<ZoneName> zones;  // announced, offered or served by it
    std::uint64_t served = 0;
  };
  using Pair = std::pair<IpAddress, IpAddress>;
  struct Sensor {
    std::set<Pair> exchanges;  // the lower address first: none, where an address served somebody
  };
  using Neighbours = std::map<IpAddress, std::set<IpAddress>>;
  using Sides = std::array<std::set<IpAddress>, 2>;
  struct Host {
    std::string name;
    std::set<IpAddress> addresses;
  };

  Address* address(const IpAddress& address);
  void feeds(const IpAddress& from, const IpAddress& to);
  std::vector<Host> hosts() const;
  std::set<IpAddress> own_addresses(const Sensor& sensor) const;
  static std::optional<Sides> take_group(Neighbours& neighbours);
  const std::set<IpAddress>& own_side(const Sides& sides) const;
  bool is_service(const IpAddress& address) const;
  std::size_t captures_with(const std::set<IpAddress>& addresses) const;
  Role role_of(const std::set<IpAddress>& addresses) const;
  bool is_customer(const IpAddress& address) const;
  void add_nameserver(InventoryRows& rows, const Host& host, const std::set<IpAddress>& shared) const;

  std::map<IpAddress, Address> addresses_;
  std::map<std::string, Sensor> sensors_;
  bool limited_ = false;
};

}  // namespace zonelag::aggregator
