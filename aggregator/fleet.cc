#include "fleet.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace zonelag::aggregator {
namespace {

NodeRow face_of(const Nameserver& node) {
  NodeRow face;
  face.hostname = node.hostname;
  face.loc = node.loc;
  face.dsc_name = node.dsc_name;
  face.role = node.ns_type;
  face.status = node.status;
  if (const auto& address = node.ip4 ? node.ip4 : node.ip6) face.srcip = address->to_string();
  return face;
}

std::uint64_t digest_of(const NodeRow& face, const KeyedHash& hash) {
  std::string text;
  for (const std::string* part : {&face.hostname, &face.loc, &face.dsc_name, &face.srcip}) {
    text += *part;
    text += '\0';
  }
  text += static_cast<char>(face.role);
  return hash(text);
}

}  // namespace

bool FleetNode::is_out(Timestamp from, Timestamp until) const {
  return std::ranges::any_of(outages, [&](const Outage& out) { return out.from <= until && out.until > from; });
}

NodeStatus FleetNode::status_at(Timestamp time) const {
  if (face.status == NodeStatus::disabled) return NodeStatus::disabled;
  return is_out(time, time) ? NodeStatus::maintenance : NodeStatus::production;
}

Fleet::Fleet(const Inventory& inventory, const JoinSettings& settings, const KeyedHash& hash) : settings_(settings) {
  has_[static_cast<std::size_t>(Role::customer)] = true;
  for (const Nameserver& row : inventory.nameservers()) {
    if (row.status != NodeStatus::disabled) has_[static_cast<std::size_t>(row.ns_type)] = true;
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    FleetNode& node = nodes_.emplace_back();
    node.face = face_of(row);
    node.digest = digest_of(node.face, hash);
    by_srcip_.emplace(node.face.srcip, index);
    by_hostname_.emplace(row.hostname, index);
  }
  rank_nodes();
  find_members(inventory);
  set_services({});
}

bool Fleet::is_excluded(const Nameserver& node) const {
  return std::ranges::any_of(settings_.excluded_locations, [&](const std::string& prefix) {
    return !prefix.empty() && (node.loc.starts_with(prefix) || node.dsc_name.starts_with(prefix));
  });
}

// A node without location is one of its own.
void Fleet::find_members(const Inventory& inventory) {
  std::map<std::pair<bool, std::string>, std::uint32_t> locations;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const Nameserver& row = inventory.nameservers()[i];
    if (row.ns_type != Role::secondary || row.status == NodeStatus::disabled || is_excluded(row)) continue;
    const std::pair<bool, std::string> key(!row.loc.empty(), row.loc.empty() ? row.hostname : row.loc);
    nodes_[i].member = true;
    nodes_[i].location = locations.emplace(key, static_cast<std::uint32_t>(locations.size())).first->second;
    members_.push_back(i);
  }
  locations_ = static_cast<std::uint32_t>(locations.size());
  std::ranges::sort(members_, {}, [&](std::uint32_t i) { return nodes_[i].rank; });
}

void Fleet::rank_nodes() {
  std::vector<std::uint32_t> order(nodes_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    const NodeRow& face = nodes_[i].face;
    return std::tuple(chain_position(face.role), std::string_view(face.loc), std::string_view(face.hostname));
  });
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) nodes_[order[rank]].rank = rank;
}

void Fleet::set_services(const std::vector<ServiceChange>& changes) {
  std::vector<std::map<Timestamp, bool>> known(nodes_.size());  // announced, by time
  for (const ServiceChange& change : changes) {
    const auto node = by_hostname_.find(change.hostname);
    if (node == by_hostname_.end()) continue;
    // Of two at the same time the withdrawal counts.
    const auto [at, fresh] = known[node->second].emplace(change.at, change.announced);
    if (!fresh) at->second = at->second && change.announced;
  }
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    FleetNode& node = nodes_[i];
    node.outages.clear();
    for (const auto& [at, announced] : known[i]) {
      const bool is_open = !node.outages.empty() && node.outages.back().until == Timestamp::max();
      if (announced && is_open) node.outages.back().until = at;
      if (!announced && !is_open) node.outages.push_back({at, Timestamp::max()});
    }
    // The inventory says so, and nothing says since when.
    const bool ends_open = !node.outages.empty() && node.outages.back().until == Timestamp::max();
    if (node.face.status == NodeStatus::maintenance && !ends_open)
      node.outages = {{Timestamp::min(), Timestamp::max()}};
  }
}

std::optional<std::uint32_t> Fleet::with_srcip(const std::string& srcip) const {
  const auto found = by_srcip_.find(srcip);
  if (found == by_srcip_.end()) return std::nullopt;
  return found->second;
}

}  // namespace zonelag::aggregator
