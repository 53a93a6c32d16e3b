#include "aggregator/join.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "attribution.h"
#include "evidence_store.h"
#include "node_registry.h"
#include "outcome_rows.h"
#include "unknown_sources.h"

namespace zonelag::aggregator {
class Join::Impl {
 public:
  Impl(const Inventory& inventory, const JoinLimits& limits, const JoinSettings& settings)
      : nodes_(inventory, hash_),
        store_(nodes_, limits, hash_),
        sources_(limits.max_unknown_sources, hash_),
        fleet_(inventory, settings, hash_) {}

  void consume(const Event& event);
  void conclude(const ZoneEvidence& zone, const std::function<void(const VersionRow&)>& row, const Policy* policy);
  EvidenceStore& store() { return store_; }
  const EvidenceStore& store() const { return store_; }
  const UnknownSources& sources() const { return sources_; }
  Timestamp latest() const { return latest_; }
  const JoinCounters& counters();
  std::size_t memory_bytes() const {
    return sizeof(*this) + store_.memory_bytes() + nodes_.memory_bytes() + sources_.memory_bytes();
  }

 private:
  KeyedHash hash_;
  NodeRegistry nodes_;
  EvidenceStore store_;
  UnknownSources sources_;
  Fleet fleet_;
  ServiceLog services_;
  bool services_changed_ = false;
  Timestamp latest_ = Timestamp::min();
  JoinCounters counters_;
};

void Join::Impl::conclude(const ZoneEvidence& zone, const std::function<void(const VersionRow&)>& row,
                          const Policy* policy) {
  if (services_changed_) fleet_.set_services(services_.changes());
  services_changed_ = false;
  if (policy == nullptr) policy = nodes_.inventory().policy_for(zone.zone());
  const ConclusionContext context{nodes_, store_.sensors(), fleet_, hash_};
  ZoneConclusion conclusion(context);
  conclusion.begin(zone);
  std::vector<std::tuple<Timestamp, std::uint32_t, const ZoneVersion*>> order;
  VersionOutcome outcome;
  for (const ZoneVersion& version : zone.version_list()) {
    if (conclusion.conclude(version, latest_, outcome))
      order.emplace_back(outcome.first_seen, version.serial.value(), &version);
  }
  std::ranges::sort(order);
  for (const auto& [first_seen, serial, version] : order) {
    conclusion.conclude(*version, latest_, outcome);
    row(version_row(outcome, zone.zone(), context, policy, latest_));
  }
}

void Join::Impl::consume(const Event& event) {
  ++counters_.events;
  const auto claim = take_claim(event, counters_);
  if (is_usable(event.captured_at)) latest_ = std::max(latest_, event.captured_at);
  if (!claim) return;
  const Attribution who = attribute(event, *claim, nodes_, counters_);
  const auto node = node_of(who, *claim, nodes_);
  if (!node) return;
  // Without an inventory everybody is listed.
  if (who.speaks && (who.standing == Standing::unknown || who.standing == Standing::foreign_customer)) {
    sources_.count(claim->node.address, event.zone, event.captured_at, who.standing == Standing::foreign_customer);
  }
  counters_.evidence += static_cast<std::uint64_t>(std::popcount(claim->kinds));
  store_.add(event.zone, sighting_of(event, *claim, *node, store_.sensors()), !who.is_stranger);
  const auto service = service_change(event, *claim, who, nodes_.inventory(), fleet_.settings().bgp_zone);
  if (service && services_.add(*service)) services_changed_ = true;
}

const JoinCounters& Join::Impl::counters() {
  counters_.versions_evicted = store_.evicted().versions;
  counters_.unknown_rows_evicted = store_.evicted().unknown_rows;
  counters_.zones_evicted = store_.evicted().zones;
  counters_.sources_evicted = sources_.evicted();
  counters_.sensors_over_limit = store_.sensors().over_limit();
  return counters_;
}

Join::Join(const Inventory& inventory, JoinLimits limits, const JoinSettings& settings)
    : impl_(std::make_unique<Impl>(inventory, limits, settings)) {}
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
