// Which node an address means: nodes of the inventory by their row, everybody else by address. A node's role for a zone
// is looked up when rows are made, so evidence never holds a conclusion.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "aggregator/inventory.h"
#include "evidence.h"
#include "keyed_hash.h"
#include "slot_table.h"

namespace zonelag::aggregator {

enum class Standing : std::uint8_t {
  nameserver,
  customer,
  foreign_customer,  // a customer's address, but not for this zone
  unknown,
  anycast,  // a shared address, seen where it names no node
};

class NodeRegistry {
 public:
  NodeRegistry(const Inventory& inventory, const KeyedHash& hash) : inventory_(inventory), hash_(hash) {}

  const Inventory& inventory() const { return inventory_; }
  // Of an address in what was captured at `captured_at` (a hostname; empty: a mirror port). `nameserver` is set then
  // only.
  struct Resolution {
    Standing standing = Standing::unknown;
    std::uint32_t nameserver = 0;
  };
  Resolution resolve(const IpAddress& address, std::string_view captured_at, const ZoneName& zone) const;
  NodeIndex nameserver(std::uint32_t inventory_row) const { return NodeIndex{inventory_row}; }
  NodeIndex by_address(const IpAddress& address);

  // Null: the node is one by address.
  const Nameserver* nameserver_of(NodeIndex node) const;
  const IpAddress& address_of(NodeIndex node) const;  // of a node by address only
  // Whether evidence of the node makes versions of the zone: it is in the inventory, or there is none.
  bool is_known(NodeIndex node, const ZoneName& zone) const;

  std::size_t addresses() const { return slots_.size(); }
  // Forgets addresses whose flag (by NodeIndex) is not set; the others keep their indices.
  void keep_only(const std::vector<bool>& used);
  std::size_t index_limit() const { return inventory_.nameservers().size() + addresses_.size(); }
  std::size_t memory_bytes() const;

 private:
  std::size_t position_of(NodeIndex node) const {
    return static_cast<std::size_t>(node) - inventory_.nameservers().size();
  }

  const Inventory& inventory_;
  KeyedHash hash_;
  std::vector<IpAddress> addresses_;      // by position; a forgotten one keeps its place until it is used again
  std::vector<std::uint32_t> positions_;  // those in use: what slots_ refers to
  std::vector<std::uint32_t> free_;
  SlotTable slots_;
};

}  // namespace zonelag::aggregator
