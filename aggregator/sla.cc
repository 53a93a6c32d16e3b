#include "aggregator/sla.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace zonelag::aggregator {
namespace {

// Sums and differences of 64-bit nanoseconds that cannot overflow.
__extension__ using Wide = __int128;

// The known lags, ascending. Open members sort after them and need no representation but their number.
std::vector<std::int64_t> sorted_known(std::span<const MemberLag> lags) {
  std::vector<std::int64_t> known;
  known.reserve(lags.size());
  for (const MemberLag& lag : lags) {
    if (lag) known.push_back(lag->count());
  }
  std::ranges::sort(known);
  return known;
}

// Where the percentile falls between the sorted members 0 ... count - 1: as in PostgreSQL's
// percentile_cont_final_common(). Unlike there, a position that misses a member only by the rounding of the
// multiplication is that member: else 1e-15 of an open neighbour would hide a figure that does not depend on it.
double position_of(double fraction, std::size_t count) {
  const double position = fraction * static_cast<double>(count - 1);
  const double nearest = std::round(position);
  const double noise = 4 * std::numeric_limits<double>::epsilon() * std::max(1.0, position);
  return std::abs(position - nearest) <= noise ? nearest : position;
}

// first + (second - first) * proportion, which lies between the two.
std::int64_t interpolate(std::int64_t first, std::int64_t second, double proportion) {
  const auto distance = static_cast<long double>(static_cast<Wide>(second) - first);
  return static_cast<std::int64_t>(static_cast<Wide>(first) + static_cast<Wide>(std::rint(distance * proportion)));
}

// `members`: open ones included.
std::optional<Duration> percentile_of(const std::vector<std::int64_t>& known, std::size_t members, double fraction) {
  if (members == 0) return std::nullopt;
  const double position = position_of(fraction, members);
  const auto first = static_cast<std::size_t>(std::floor(position));
  const auto second = static_cast<std::size_t>(std::ceil(position));
  if (second >= known.size()) return std::nullopt;
  return Duration(interpolate(known[first], known[second], position - std::floor(position)));
}

// Rounded to the nearest nanosecond, halves away from zero.
Duration mean(const std::vector<std::int64_t>& known) {
  Wide sum = 0;
  for (const std::int64_t lag : known) sum += lag;
  const auto count = static_cast<Wide>(known.size());
  const Wide half = sum < 0 ? -(count / 2) : count / 2;
  return Duration(static_cast<std::int64_t>((sum + half) / count));
}

bool deadline_passed(const VerdictInput& input, Duration deadline) {
  if (input.now < input.first_seen) return false;
  const auto passed = static_cast<std::uint64_t>(input.now.time_since_epoch().count()) -
                      static_cast<std::uint64_t>(input.first_seen.time_since_epoch().count());
  return passed >= static_cast<std::uint64_t>(deadline.count());
}

}  // namespace

std::optional<Duration> percentile_cont(std::span<const MemberLag> lags, double fraction) {
  return percentile_of(sorted_known(lags), lags.size(), fraction);
}

LagSummary summarise(std::span<const MemberLag> lags) {
  const std::vector<std::int64_t> known = sorted_known(lags);
  LagSummary summary;
  if (known.empty()) return summary;
  summary.min = Duration(known.front());
  summary.median = percentile_of(known, lags.size(), 0.5);
  summary.p90 = percentile_of(known, lags.size(), 0.9);
  if (known.size() < lags.size()) return summary;
  summary.max = Duration(known.back());
  summary.avg = mean(known);
  return summary;
}

Verdict judge(const Policy& policy, const VerdictInput& input, std::optional<Duration>* figure) {
  if (input.lags.empty()) return Verdict::none;
  const auto percentile = percentile_cont(input.lags, policy.percentile / 100);
  if (figure != nullptr) *figure = percentile;
  if (!percentile) return deadline_passed(input, policy.deadline) ? Verdict::breached : Verdict::open;
  // limit and error are not negative, so the difference cannot overflow; the sum is held at the type's end.
  const Duration error = std::max(input.clock_error.value_or(Duration::zero()), Duration::zero());
  if (*percentile <= policy.limit - error) return Verdict::met;
  return *percentile > policy.limit + std::min(error, Duration::max() - policy.limit) ? Verdict::breached
                                                                                      : Verdict::undecidable;
}

}  // namespace zonelag::aggregator
