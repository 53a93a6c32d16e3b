#include "aggregator/compliance.h"

#include <algorithm>
#include <tuple>

namespace zonelag::aggregator {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

int severity(Verdict verdict) {
  switch (verdict) {
    case Verdict::breached: return 0;
    case Verdict::open: return 1;
    case Verdict::undecidable: return 2;
    case Verdict::met:
    case Verdict::none: break;
  }
  return 3;
}

// A total order, so that which ones are listed does not depend on the order in which they came.
bool is_worse(const JudgedVersion& one, const JudgedVersion& other) {
  const auto rank = [](const JudgedVersion& version) {
    return std::tuple(severity(version.verdict), version.figure.has_value(), -version.figure.value_or(Duration::zero()),
                      version.first_seen);
  };
  if (rank(one) != rank(other)) return rank(one) < rank(other);
  return std::tuple(one.zone.wire(), one.serial.value()) < std::tuple(other.zone.wire(), other.serial.value());
}

std::uint64_t& counter_of(ComplianceRow& row, Verdict verdict) {
  switch (verdict) {
    case Verdict::breached: return row.breached;
    case Verdict::open: return row.open;
    case Verdict::undecidable: return row.undecidable;
    case Verdict::met:
    case Verdict::none: break;
  }
  return row.met;
}

}  // namespace

std::optional<std::uint32_t> ComplianceRow::share() const {
  if (versions() == 0) return std::nullopt;
  return static_cast<std::uint32_t>(met * kMillion / versions());
}

void Compliance::count(ComplianceRow& row, const JudgedVersion& version) const {
  ++counter_of(row, version.verdict);
  if (version.verdict == Verdict::met) return;
  const auto place = std::ranges::upper_bound(row.worst, version, is_worse);
  row.worst.insert(place, version);
  if (row.worst.size() > worst_) row.worst.pop_back();
}

void Compliance::add(const std::string& policy, std::span<const std::string> accounts, const JudgedVersion& version) {
  if (version.verdict == Verdict::none) return;
  const auto row_of = [&](std::optional<std::string> account) -> ComplianceRow& {
    ComplianceRow& row = rows_[Key(policy, account)];
    row.policy = policy;
    row.account = std::move(account);
    return row;
  };
  count(row_of(std::nullopt), version);
  for (const std::string& account : accounts) count(row_of(account), version);
  if (accounts.empty()) count(row_of(std::string()), version);
}

std::vector<ComplianceRow> Compliance::rows() const {
  std::vector<ComplianceRow> rows;
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return rows;
}

}  // namespace zonelag::aggregator
