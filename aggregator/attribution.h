// Events to sightings: whose evidence it is, and what else it says. The same for Join and Ledger.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/claim.h"
#include "aggregator/join.h"
#include "evidence.h"
#include "node_registry.h"

namespace zonelag::aggregator {

// Differences of times within this range (1823 to 2116) do not overflow.
bool is_usable(Timestamp time);

// What the event claims, if anything; its times are usable. Counted.
std::optional<Claim> take_claim(const Event& event, JoinCounters& counters);

struct Attribution {
  Standing standing = Standing::unknown;
  std::uint32_t nameserver = 0;  // with Standing::nameserver only
  bool is_stranger = false;      // nobody that the inventory knows, although there is one
  bool speaks = false;           // else it is what others answered to it: not its doing
};

// Counts strangers.
Attribution attribute(const Event& event, const Claim& claim, const NodeRegistry& nodes, JoinCounters& counters);
// Nothing: a shared address that names no node.
std::optional<NodeIndex> node_of(const Attribution& attribution, const Claim& claim, NodeRegistry& nodes);
Sighting sighting_of(const Event& event, const Claim& claim, NodeIndex node, SensorNames& sensors);

// What the pseudo-zone says: a nameserver's NOTIFY, serial even = withdrawn, odd = announced.
std::optional<ServiceChange> service_change(const Event& event, const Claim& claim, const Attribution& attribution,
                                            const Inventory& inventory, const ZoneName& bgp_zone);

// A set of changes; the latest are kept.
class ServiceLog {
 public:
  static constexpr std::size_t kMaxChanges = 100'000;
  bool add(const ServiceChange& change);  // false: it is there already, or older than all that are kept
  std::vector<ServiceChange> changes() const;

 private:
  std::set<std::tuple<Timestamp, std::string, bool>> changes_;
};

}  // namespace zonelag::aggregator
