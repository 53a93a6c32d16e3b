#include "aggregator/join.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "conclusion.h"
#include "evidence_store.h"
#include "node_registry.h"
#include "unknown_sources.h"

namespace zonelag::aggregator {
namespace {

// Differences of times within this range (1823 to 2116) do not overflow.
bool is_usable(Timestamp time) {
  constexpr Duration kRange(std::int64_t{1} << 62);
  return time.time_since_epoch() <= kRange && time.time_since_epoch() >= -kRange;
}

}  // namespace

class Join::Impl {
 public:
  Impl(const Inventory& inventory, const JoinLimits& limits)
      : nodes_(inventory, hash_), store_(nodes_, limits, hash_), sources_(limits.max_unknown_sources, hash_) {}

  void consume(const Event& event);
  void conclude(const ZoneEvidence& zone, const std::function<void(const VersionRow&)>& row,
                const Policy* policy) const {
    if (policy == nullptr) policy = nodes_.inventory().policy_for(zone.zone());
    ZoneConclusion(zone, nodes_, store_.sensors()).for_each_version(row, policy, latest_);
  }
  EvidenceStore& store() { return store_; }
  const EvidenceStore& store() const { return store_; }
  const UnknownSources& sources() const { return sources_; }
  Timestamp latest() const { return latest_; }
  const JoinCounters& counters();
  std::size_t memory_bytes() const {
    return sizeof(*this) + store_.memory_bytes() + nodes_.memory_bytes() + sources_.memory_bytes();
  }

 private:
  // The node that the claim is about; empty: a shared address that names none. Counts strangers.
  std::optional<NodeIndex> identify(const Event& event, const Claim& claim, bool& known);

  KeyedHash hash_;
  NodeRegistry nodes_;
  EvidenceStore store_;
  UnknownSources sources_;
  Timestamp latest_ = Timestamp::min();
  JoinCounters counters_;
};

std::optional<NodeIndex> Join::Impl::identify(const Event& event, const Claim& claim, bool& known) {
  const IpAddress& address = claim.node.address;
  const auto [standing, nameserver] = nodes_.resolve(address, event.node, event.zone);
  const bool speaks = claim.kinds != 0;  // else it is what others answered to it: not its doing
  known = true;
  switch (standing) {
    case Standing::nameserver: return nodes_.nameserver(nameserver);
    case Standing::customer: return nodes_.by_address(address);
    case Standing::anycast: counters_.anycast_unattributed += speaks; return std::nullopt;
    case Standing::foreign_customer: counters_.foreign_customer += speaks; break;
    case Standing::unknown: counters_.unknown_source += speaks; break;
  }
  known = nodes_.inventory().empty();
  if (speaks) sources_.count(address, event.zone, event.captured_at, standing == Standing::foreign_customer);
  return nodes_.by_address(address);
}

void Join::Impl::consume(const Event& event) {
  ++counters_.events;
  const auto claim = is_usable(event.captured_at) ? claim_of(event) : std::nullopt;
  if (is_usable(event.captured_at)) latest_ = std::max(latest_, event.captured_at);
  if (!claim || claim->kinds == 0) ++counters_.no_evidence;
  if (!claim) return;
  bool known = false;
  const auto node = identify(event, *claim, known);
  if (!node) return;
  Sighting sighting;
  sighting.node = *node;
  sighting.serial = claim->serial;
  sighting.kinds = claim->kinds;
  sighting.receptions = claim->receptions;
  if (claim->lower && is_usable(claim->lower->time)) sighting.lower = claim->lower;
  sighting.fact.time = event.captured_at;
  sighting.fact.sensor = store_.sensors().index_of(event.sensor_id);
  sighting.fact.error = sighting.fact.sensor == kNoSensor ? kErrorUnknown : to_clock_error(event.clock.max_error);
  counters_.evidence += static_cast<std::uint64_t>(std::popcount(claim->kinds));
  store_.add(event.zone, sighting, known);
}

const JoinCounters& Join::Impl::counters() {
  counters_.versions_evicted = store_.evicted().versions;
  counters_.unknown_rows_evicted = store_.evicted().unknown_rows;
  counters_.zones_evicted = store_.evicted().zones;
  counters_.sources_evicted = sources_.evicted();
  counters_.sensors_over_limit = store_.sensors().over_limit();
  return counters_;
}

Join::Join(const Inventory& inventory, JoinLimits limits) : impl_(std::make_unique<Impl>(inventory, limits)) {}
Join::~Join() = default;
Join::Join(Join&&) noexcept = default;

void Join::consume(const Event& event) { impl_->consume(event); }

void Join::for_each_version(const std::function<void(const VersionRow&)>& row, const Policy* policy) const {
  for (const ZoneEvidence* zone : impl_->store().zones_in_text_order()) impl_->conclude(*zone, row, policy);
}

void Join::for_each_version_of(const ZoneName& zone, const std::function<void(const VersionRow&)>& row,
                               const Policy* policy) const {
  if (const ZoneEvidence* evidence = impl_->store().find(zone)) impl_->conclude(*evidence, row, policy);
}

std::size_t Join::forget_versions_before(Timestamp time) { return impl_->store().forget_versions_before(time); }
std::vector<UnknownSource> Join::unknown_sources() const { return impl_->sources().by_events(); }
Timestamp Join::latest() const { return impl_->latest(); }
const JoinCounters& Join::counters() const { return impl_->counters(); }
std::size_t Join::evidence_rows() const { return impl_->store().rows(); }
std::size_t Join::memory_bytes() const { return impl_->memory_bytes(); }

}  // namespace zonelag::aggregator
