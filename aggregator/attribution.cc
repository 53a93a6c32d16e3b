#include "attribution.h"

#include <algorithm>
#include <bit>

namespace zonelag::aggregator {

bool is_usable(Timestamp time) {
  constexpr Duration kRange(std::int64_t{1} << 62);
  return time.time_since_epoch() <= kRange && time.time_since_epoch() >= -kRange;
}

std::optional<Claim> take_claim(const Event& event, JoinCounters& counters) {
  auto claim = is_usable(event.captured_at) ? claim_of(event) : std::nullopt;
  if (!claim || claim->kinds == 0) ++counters.no_evidence;
  if (claim && claim->lower && !is_usable(claim->lower->time)) claim->lower.reset();
  return claim;
}

Attribution attribute(const Event& event, const Claim& claim, const NodeRegistry& nodes, JoinCounters& counters) {
  const auto [standing, nameserver] = nodes.resolve(claim.node.address, event.node, event.zone);
  Attribution result{standing, nameserver, false, claim.kinds != 0};
  if (standing == Standing::anycast) counters.anycast_unattributed += result.speaks;
  if (standing == Standing::foreign_customer) counters.foreign_customer += result.speaks;
  if (standing == Standing::unknown) counters.unknown_source += result.speaks;
  const bool is_named = standing == Standing::nameserver || standing == Standing::customer;
  result.is_stranger = !is_named && standing != Standing::anycast && !nodes.inventory().empty();
  return result;
}

std::optional<NodeIndex> node_of(const Attribution& attribution, const Claim& claim, NodeRegistry& nodes) {
  if (attribution.standing == Standing::anycast) return std::nullopt;
  if (attribution.standing == Standing::nameserver) return nodes.nameserver(attribution.nameserver);
  return nodes.by_address(claim.node.address);
}

Sighting sighting_of(const Event& event, const Claim& claim, NodeIndex node, SensorNames& sensors) {
  Sighting sighting;
  sighting.node = node;
  sighting.serial = claim.serial;
  sighting.kinds = claim.kinds;
  sighting.receptions = claim.receptions;
  sighting.lower = claim.lower;
  sighting.fact.time = event.captured_at;
  sighting.fact.sensor = event.sensor_id.empty() ? kNoSensor : sensors.index_of(event.sensor_id);
  sighting.fact.error = sighting.fact.sensor == kNoSensor ? kErrorUnknown : to_clock_error(event.clock.max_error);
  return sighting;
}

std::optional<ServiceChange> service_change(const Event& event, const Claim& claim, const Attribution& attribution,
                                            const Inventory& inventory, const ZoneName& bgp_zone) {
  if (attribution.standing != Standing::nameserver || (claim.kinds & bit(EvidenceKind::announced)) == 0)
    return std::nullopt;
  if (bgp_zone.is_root() || event.zone != bgp_zone) return std::nullopt;
  return ServiceChange{inventory.nameservers()[attribution.nameserver].hostname, event.captured_at,
                       claim.serial.value() % 2 == 1};
}

bool ServiceLog::add(const ServiceChange& change) {
  const auto [at, fresh] = changes_.emplace(change.at, change.hostname, change.announced);
  if (changes_.size() <= kMaxChanges) return fresh;
  const bool is_oldest = at == changes_.begin();
  changes_.erase(changes_.begin());
  return fresh && !is_oldest;
}

std::vector<ServiceChange> ServiceLog::changes() const {
  std::vector<ServiceChange> all;
  for (const auto& [at, hostname, announced] : changes_) all.push_back({hostname, at, announced});
  return all;
}

}  // namespace zonelag::aggregator
