#include "node_registry.h"

namespace zonelag::aggregator {

NodeRegistry::Resolution NodeRegistry::resolve(const IpAddress& address, std::string_view captured_at,
                                               const ZoneName& zone) const {
  if (const auto row = inventory_.nameserver_of(address, captured_at)) return {Standing::nameserver, *row};
  if (inventory_.customer_of(address, zone) != nullptr) return {Standing::customer};
  if (inventory_.is_anycast(address)) return {Standing::anycast};
  return {inventory_.is_customer(address) ? Standing::foreign_customer : Standing::unknown};
}

NodeIndex NodeRegistry::by_address(const IpAddress& address) {
  const std::uint64_t hash = hash_(address);
  const std::uint32_t at = slots_.find(hash, [&](std::uint32_t i) { return addresses_[positions_[i]] == address; });
  const auto first = static_cast<std::uint32_t>(inventory_.nameservers().size());
  if (at != SlotTable::kNone) return NodeIndex{first + positions_[at]};
  auto position = static_cast<std::uint32_t>(addresses_.size());
  if (free_.empty()) {
    addresses_.push_back(address);
  } else {
    position = free_.back();
    free_.pop_back();
    addresses_[position] = address;
  }
  positions_.push_back(position);
  slots_.append(hash, [&](std::uint32_t i) { return hash_(addresses_[positions_[i]]); });
  return NodeIndex{first + position};
}

const Nameserver* NodeRegistry::nameserver_of(NodeIndex node) const {
  const auto row = static_cast<std::size_t>(node);
  return row < inventory_.nameservers().size() ? &inventory_.nameservers()[row] : nullptr;
}

const IpAddress& NodeRegistry::address_of(NodeIndex node) const { return addresses_[position_of(node)]; }

bool NodeRegistry::is_known(NodeIndex node, const ZoneName& zone) const {
  return nameserver_of(node) != nullptr || inventory_.empty() ||
         inventory_.customer_of(address_of(node), zone) != nullptr;
}

void NodeRegistry::keep_only(const std::vector<bool>& used) {
  const std::size_t first = inventory_.nameservers().size();
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t position : positions_) {
    (used[first + position] ? kept : free_).push_back(position);
  }
  positions_ = std::move(kept);
  slots_.rebuild(static_cast<std::uint32_t>(positions_.size()),
                 [&](std::uint32_t i) { return hash_(addresses_[positions_[i]]); });
}

std::size_t NodeRegistry::memory_bytes() const {
  return addresses_.capacity() * sizeof(IpAddress) +
         (positions_.capacity() + free_.capacity()) * sizeof(std::uint32_t) + slots_.memory_bytes();
}

}  // namespace zonelag::aggregator
