// Who is who: nodes, their addresses, locations, roles, status; customers' primaries per zone; policies.
// design.md section 9 has the file's form, section 6 the same names as tables.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "aggregator/policy.h"
#include "aggregator/rows.h"
#include "decoder/net.h"
#include "decoder/zone_name.h"

namespace zonelag::aggregator {

using decoder::IpAddress;

struct Nameserver {
  std::string hostname;
  std::optional<IpAddress> ip4;  // unicast: name this node wherever they are seen
  std::optional<IpAddress> ip6;
  std::vector<IpAddress> anycast;  // shared service addresses: this node only in what is captured at this node
  std::string loc;
  std::string dsc_name;
  Role ns_type = Role::secondary;              // incoming, distribution or secondary
  NodeStatus status = NodeStatus::production;  // a disabled one still resolves its addresses
  std::uint32_t line = 0;                      // of the file it was read from; 0: from elsewhere
  std::uint32_t id = 0;                        // of the database's row; 0: from elsewhere
};

struct CustomerNameserver {
  IpAddress ip;
  std::optional<ZoneName> zone;  // empty: every zone ("*")
  std::string accountname;
  std::uint32_t line = 0;  // as above
  std::uint32_t id = 0;
};

struct InventoryRows {
  std::vector<Nameserver> nameservers;
  std::vector<CustomerNameserver> customers;
  std::vector<Policy> policies;
};

// Checked and indexed; immutable.
class Inventory {
 public:
  Inventory() = default;
  // Error: one line that names the rows that contradict each other (a hostname or address twice, an anycast address
  // that is somebody's unicast address, (ip, zone) twice among customers, a customer that is also a nameserver, a
  // nameserver without address, hostname or with a role that is none, a policy twice), with their lines or ids where
  // known. A nameserver needs ip4 or ip6: its rows are keyed by it, and a shared address names nobody.
  static std::expected<Inventory, std::string> build(InventoryRows rows);

  bool empty() const { return rows_.nameservers.empty() && rows_.customers.empty(); }
  const std::vector<Nameserver>& nameservers() const { return rows_.nameservers; }
  const std::vector<CustomerNameserver>& customers() const { return rows_.customers; }
  const std::vector<Policy>& policies() const { return rows_.policies; }

  // Index into nameservers() of the node that `address` means in what was captured at `captured_at` (a hostname;
  // empty: a mirror port): its unicast address, or an anycast address of captured_at itself.
  std::optional<std::uint32_t> nameserver_of(const IpAddress& address, std::string_view captured_at) const;
  std::optional<std::uint32_t> nameserver_named(std::string_view hostname) const;
  // Whether some node shares this anycast address.
  bool is_anycast(const IpAddress& address) const;
  // The customer that `address` is for `zone`; an entry for the very zone before one for "*". Null: none.
  const CustomerNameserver* customer_of(const IpAddress& address, const ZoneName& zone) const;
  // Whether the address is a customer's primary for any zone at all.
  bool is_customer(const IpAddress& address) const;
  // The first policy for the zone: one that names it (or whose account has it) before one for "*". Null: none.
  const Policy* policy_for(const ZoneName& zone) const;
  // Whether the policy is for the zone, by name, by "*" or by its account. It need not be of the inventory.
  bool applies(const Policy& policy, const ZoneName& zone) const;
  // Every policy of the inventory that is, in their order.
  template <typename Use>
  void for_each_policy(const ZoneName& zone, Use use) const {
    for (const Policy& policy : rows_.policies) {
      if (applies(policy, zone)) use(policy);
    }
  }

 private:
  friend class InventoryIndexer;
  friend std::vector<std::string> contradictions(InventoryRows rows);
  struct CustomerZones {
    std::unordered_map<ZoneName, std::uint32_t> by_zone;
    std::optional<std::uint32_t> every_zone;
  };

  InventoryRows rows_;
  std::unordered_map<IpAddress, std::uint32_t> unicast_;
  std::unordered_map<IpAddress, std::uint32_t> anycast_;  // any one of the nodes that share it
  std::unordered_map<std::string, std::uint32_t> hostnames_;
  std::unordered_map<IpAddress, CustomerZones> customers_;
  // Zones of an account; nullopt among them: every zone.
  struct AccountZones {
    std::unordered_set<ZoneName> zones;
    bool every_zone = false;
  };
  std::unordered_map<std::string, AccountZones> accounts_;
  std::unordered_map<ZoneName, std::uint32_t> policies_by_zone_;
  std::optional<std::uint32_t> policy_of_every_zone_;
};

// All that Inventory::build would refuse, a line for each row that contradicts an earlier one.
std::vector<std::string> contradictions(InventoryRows rows);

// Reads the TOML form. Error: one line "FILE:LINE: what is wrong", unknown keys included.
std::expected<InventoryRows, std::string> parse_inventory_toml(std::string_view text, std::string_view file_name);
// Reads, parses and builds.
std::expected<Inventory, std::string> load_inventory(const std::string& path);
// The same form, readable by parse_inventory_toml (lines apart, the same rows again); used for export and the starter
// inventory.
std::string to_toml(const InventoryRows& rows);

}  // namespace zonelag::aggregator
