// Versions judged anew from the evidence in the database, under a policy that it has no verdicts of.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "aggregator/recompute.h"
#include "aggregator/store/report_store.h"

namespace zonelag::cli {

class Recomputed {
 public:
  // `policy`: a name or the inline form. The store must outlive it. Error: one line; UsageError for a policy that is
  // none.
  static std::expected<Recomputed, std::string> open(aggregator::ReportStore& store, const std::string& policy,
                                                     aggregator::LedgerSettings settings);

  // As ReportStore's of the same names.
  aggregator::Stored<void> for_each_version(const aggregator::ReportFilter& filter,
                                            const aggregator::Take<aggregator::VersionRow>& take);
  aggregator::Stored<void> for_each_verdict(const aggregator::ReportFilter& filter,
                                            const aggregator::Take<aggregator::JudgedRow>& take);
  const aggregator::Policy& policy() const { return policy_; }

 private:
  Recomputed(aggregator::ReportStore& store, aggregator::Policy policy,
             std::unique_ptr<aggregator::Recomputation> recomputation)
      : store_(store), policy_(std::move(policy)), recomputation_(std::move(recomputation)) {}
  // Those that the filter wants, all their nodes with them.
  aggregator::Stored<void> each(const aggregator::ReportFilter& filter,
                                const aggregator::Take<aggregator::RecomputedVersion>& take);
  aggregator::Stored<bool> is_wanted(const aggregator::ReportFilter& filter, const aggregator::VersionRow& version);

  aggregator::ReportStore& store_;
  aggregator::Policy policy_;
  std::unique_ptr<aggregator::Recomputation> recomputation_;
};

}  // namespace zonelag::cli
