// A first inventory out of what captures show: who feeds whom gives the roles, and which addresses all of a capture's
// exchanges have in common gives the hosts. Every line of it is a guess for a person to check.
#pragma once

#include <cstdint>
#include <map>
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

  struct Address {
    std::set<IpAddress> feeds;    // got a transfer from it, or accepted its NOTIFY
    std::set<IpAddress> fed_by;
    std::set<ZoneName> zones;     // announced, offered or served by it
    std::uint64_t served = 0;
  };
  using Pair = std::pair<IpAddress, IpAddress>;  // the second may be none
  struct Sensor {
    std::map<Pair, std::uint64_t> exchanges;
  };
  struct Host {
    std::string name;
    std::set<IpAddress> addresses;
  };

  Address* address(const IpAddress& address);
  void feeds(const IpAddress& from, const IpAddress& to);
  std::vector<Host> hosts() const;
  static std::set<IpAddress> own_addresses(const Sensor& sensor);
  Role role_of(const std::set<IpAddress>& addresses) const;
  bool is_customer(const IpAddress& address) const;
  void add_nameserver(InventoryRows& rows, const Host& host, const std::set<IpAddress>& shared) const;

  std::map<IpAddress, Address> addresses_;
  std::map<std::string, Sensor> sensors_;
  bool limited_ = false;
};

}  // namespace zonelag::aggregator
