// A period judged again from its evidence, under another policy, inventory or setting: through the very ledger that
// judges it live, so that the same settings give the same answer.
#pragma once

#include <functional>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/inventory.h"
#include "aggregator/ledger.h"

namespace zonelag::aggregator {

// One version as it would be written now; `row` has its nodes, open ones among them, in their order.
struct RecomputedVersion {
  VersionRow row;
  std::vector<VerdictRow> verdicts;  // of every policy for the zone
};

class Recomputation {
 public:
  // `now`: event time up to which evidence is known. Policies are those of the inventory and of the settings.
  Recomputation(Inventory inventory, LedgerSettings settings, std::vector<ServiceChange> services, Timestamp now);

  // Versions of one zone by first_seen, then serial. Given must be all versions first seen since the first that
  // matters.
  void for_each_version(StoredZone zone, const std::function<void(RecomputedVersion&&)>& take);

 private:
  std::vector<RecomputedVersion> assemble(const Changes& changes) const;
  NodeRow open_row(const VersionRow& version, const std::string& hostname) const;

  Ledger ledger_;
  Timestamp now_;
};

}  // namespace zonelag::aggregator
