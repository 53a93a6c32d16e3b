// The inventory's nameservers as conclusions need them: what of a row is the same for each version, who is part of the
// SLA and where, and who was out of service when.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/inventory.h"
#include "aggregator/join.h"
#include "keyed_hash.h"

namespace zonelag::aggregator {

// Down the chain, unknown last: the order of rows.
constexpr int chain_position(Role role) { return role == Role::unknown ? 5 : static_cast<int>(role); }

struct Outage {
  Timestamp from;
  Timestamp until;  // not included
};

struct FleetNode {
  NodeRow face;                // zone, serial and what depends on a version apart
  std::uint64_t digest = 0;    // of the face
  std::uint32_t rank = 0;      // in the order of rows
  std::uint32_t location = 0;  // of a member: below Fleet::locations()
  bool member = false;         // of the SLA's population, whenever it is in service
  std::vector<Outage> outages;

  // At any time from `from` to `until`, both included.
  bool is_out(Timestamp from, Timestamp until) const;
  NodeStatus status_at(Timestamp time) const;
};

class Fleet {
 public:
  Fleet(const Inventory& inventory, const JoinSettings& settings, const KeyedHash& hash);
  // Replaces what was given before.
  void set_services(const std::vector<ServiceChange>& changes);

  const FleetNode& node(std::uint32_t nameserver) const { return nodes_[nameserver]; }
  std::span<const std::uint32_t> members() const { return members_; }  // nameservers, in the order of rows
  std::uint32_t locations() const { return locations_; }
  // The nameserver whose rows have this srcip; nullopt: none.
  std::optional<std::uint32_t> with_srcip(const std::string& srcip) const;
  // Whether the inventory has a node that could give this reference; a customer always could.
  bool has(Role role) const { return has_[static_cast<std::size_t>(role)]; }
  const JoinSettings& settings() const { return settings_; }

 private:
  bool is_excluded(const Nameserver& node) const;
  void find_members(const Inventory& inventory);
  void rank_nodes();

  JoinSettings settings_;
  std::vector<FleetNode> nodes_;
  std::vector<std::uint32_t> members_;
  std::uint32_t locations_ = 0;
  std::array<bool, 5> has_{};
  std::unordered_map<std::string, std::uint32_t> by_srcip_;
  std::unordered_map<std::string, std::uint32_t> by_hostname_;
};

}  // namespace zonelag::aggregator
