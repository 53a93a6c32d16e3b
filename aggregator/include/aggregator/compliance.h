// How a period's versions stand to what was promised: counts by verdict, for each policy and each account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

struct JudgedVersion {
  ZoneName zone;
  Serial serial;
  Timestamp first_seen;
  Verdict verdict = Verdict::none;
  std::optional<Duration> figure;  // the percentile of the policy's lag; empty: it rests on an open node
};

struct ComplianceRow {
  std::string policy;
  std::optional<std::string> account;  // empty: all of them; an empty text: versions of no known account
  std::uint64_t met = 0;
  std::uint64_t breached = 0;
  std::uint64_t open = 0;
  std::uint64_t undecidable = 0;
  // Breached ones first, those whose figure nobody knows yet before others, larger figures first; then open, then
  // undecidable ones.
  std::vector<JudgedVersion> worst;

  std::uint64_t versions() const { return met + breached + open + undecidable; }
  // Met ones among all: what is open or undecidable is not met. In millionths, rounded down, so that nothing but a
  // flawless period shows as such. Empty: there is no version.
  std::optional<std::uint32_t> share() const;
};

class Compliance {
 public:
  explicit Compliance(std::size_t worst = 10) : worst_(worst) {}

  // A version without a verdict is not counted. `accounts`: whose zone it is; with several it counts once for each,
  // and once in the policy's row for all.
  void add(const std::string& policy, std::span<const std::string> accounts, const JudgedVersion& version);

  // By policy, the row for all accounts first, then accounts by name.
  std::vector<ComplianceRow> rows() const;

 private:
  using Key = std::pair<std::string, std::optional<std::string>>;

  void count(ComplianceRow& row, const JudgedVersion& version) const;

  std::size_t worst_;
  std::map<Key, ComplianceRow> rows_;
};

}  // namespace zonelag::aggregator
