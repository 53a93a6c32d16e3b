#include "aggregator/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace zonelag::aggregator {
namespace {

__extension__ using Wide = __int128;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Larger units first.
constexpr std::array kUnits{Unit{"d", 86'400'000'000'000},
                            Unit{"h", 3'600'000'000'000},
                            Unit{"m", 60'000'000'000},
                            Unit{"s", 1'000'000'000},
                            Unit{"ms", 1'000'000},
                            Unit{"us", 1'000},
                            Unit{"ns", 1}};
constexpr std::size_t kMostDigits = 19;  // 10^19 days of nanoseconds fit in Wide

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string_view take_while(std::string_view& text, bool (*belongs)(char)) {
  const auto end = std::ranges::find_if_not(text, belongs);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

struct Number {
  std::string_view whole;
  std::string_view decimals;
};

// WHOLE or WHOLE.DECIMALS at the beginning of `text`, which is moved past it.
std::optional<Number> take_number(std::string_view& text) {
  Number number;
  number.whole = take_while(text, is_digit);
  if (number.whole.empty()) return std::nullopt;
  if (!text.starts_with('.')) return number;
  text.remove_prefix(1);
  number.decimals = take_while(text, is_digit);
  if (number.decimals.empty()) return std::nullopt;
  return number;
}

// number * unit; nullopt: too many digits, or finer than a nanosecond.
std::optional<Wide> scaled(const Number& number, std::int64_t unit) {
  if (number.whole.size() > kMostDigits || number.decimals.size() > kMostDigits) return std::nullopt;
  Wide whole = 0;
  for (const char c : number.whole) whole = whole * 10 + (c - '0');
  Wide decimals = 0;
  Wide scale = 1;
  for (const char c : number.decimals) {
    decimals = decimals * 10 + (c - '0');
    scale *= 10;
  }
  if (decimals * unit % scale != 0) return std::nullopt;
  return whole * unit + decimals * unit / scale;
}

std::unexpected<std::string> not_a_duration(std::string_view text, std::string_view why) {
  return std::unexpected(
      fmt::format("'{}' is no duration ({}); write for example 60m, 1h30m, 90s, 1.5s or 500ms", text, why));
}

std::string names_of(const std::vector<Policy>& policies) {
  std::string names;
  for (const Policy& policy : policies) names += policy.name + ", ";
  return names;
}

std::unexpected<std::string> bad_inline(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format(
      "SLA '{}': {}; the form is LAG:pPERCENTILE<=LIMIT[:DEADLINE], for example incoming_lag:p95<=60m:2h", text, why));
}

std::optional<double> parse_percentile(std::string_view text) {
  if (!text.starts_with('p')) return std::nullopt;
  text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<Policy, std::string> parse_inline(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::size_t sign = text.find("<=");
  if (colon > sign) return bad_inline(text, "no ':' after the lag");
  Policy policy;
  policy.name = text;
  const auto lag = parse_lag_kind(text.substr(0, colon));
  if (!lag) return bad_inline(text, "the lag is none of customer_lag, incoming_lag, distribution_lag");
  policy.lag = *lag;
  const auto percentile = parse_percentile(text.substr(colon + 1, sign - colon - 1));
  if (!percentile) return bad_inline(text, "the percentile is not like p95");
  policy.percentile = *percentile;
  const std::string_view durations = text.substr(sign + 2);
  const std::size_t second = durations.find(':');
  const auto limit = parse_duration(durations.substr(0, second));
  if (!limit) return bad_inline(text, limit.error());
  const auto deadline = second == std::string_view::npos ? limit : parse_duration(durations.substr(second + 1));
  if (!deadline) return bad_inline(text, deadline.error());
  policy.limit = *limit;
  policy.deadline = *deadline;
  if (const auto defect = defect_of(policy)) return bad_inline(text, *defect);
  return policy;
}

}  // namespace

const char* to_string(LagKind kind) {
  constexpr std::array kNames{"customer_lag", "incoming_lag", "distribution_lag"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<LagKind> parse_lag_kind(std::string_view text) {
  for (const LagKind kind : {LagKind::customer_lag, LagKind::incoming_lag, LagKind::distribution_lag}) {
    if (text == to_string(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<std::string> defect_of(const Policy& policy) {
  if (policy.name.empty()) return "it has no name";
  if (policy.zones.empty() && policy.account.empty()) return "it is for no zone";
  if (!(policy.percentile > 0 && policy.percentile <= 100)) {
    return fmt::format("percentile {} is not above 0 and at most 100", policy.percentile);
  }
  if (policy.limit <= Duration::zero()) return "limit is not above 0";
  if (policy.deadline < policy.limit) {
    return fmt::format("deadline {} is shorter than limit {}",
                       format_duration(std::max(policy.deadline, Duration::zero())), format_duration(policy.limit));
  }
  return std::nullopt;
}

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  std::string_view left = text;
  Wide sum = 0;
  std::size_t next_unit = 0;  // the largest that may still come
  do {
    const auto number = take_number(left);
    if (!number) return not_a_duration(text, "a number is missing");
    const std::string_view name = take_while(left, is_letter);
    if (name.empty()) return not_a_duration(text, "a unit is missing");
    const auto unit = std::ranges::find(kUnits, name, &Unit::name);
    if (unit == kUnits.end()) return not_a_duration(text, fmt::format("unknown unit '{}'", name));
    const auto index = static_cast<std::size_t>(unit - kUnits.begin());
    if (index < next_unit) return not_a_duration(text, "larger units come first, each once");
    next_unit = index + 1;
    if (!number->decimals.empty() && !left.empty()) return not_a_duration(text, "only the last number has decimals");
    const auto part = scaled(*number, unit->nanoseconds);
    if (!part) return not_a_duration(text, "it has too many digits or is finer than a nanosecond");
    sum += *part;
  } while (!left.empty());
  if (sum > std::numeric_limits<std::int64_t>::max()) return not_a_duration(text, "it is longer than 292 years");
  return Duration(static_cast<std::int64_t>(sum));
}

std::string format_duration(Duration duration) {
  std::string text;
  std::int64_t rest = duration.count();
  for (const Unit& unit : kUnits) {
    if (unit.name == "d" || rest < unit.nanoseconds) continue;
    text += fmt::format("{}{}", rest / unit.nanoseconds, unit.name);
    rest %= unit.nanoseconds;
  }
  return text.empty() ? "0s" : text;
}

const std::vector<Policy>& ready_made_policies() {
  using std::chrono::minutes;
  // ICANN base registry agreement, specification 10, section 2: "DNS update time: <= 60 minutes, for at least 95% of
  // the probes".
  static const std::vector<Policy> kPolicies{{.name = "icann",
                                              .zones = {std::nullopt},
                                              .lag = LagKind::incoming_lag,
                                              .percentile = 95,
                                              .limit = minutes(60),
                                              .deadline = minutes(60)}};
  return kPolicies;
}

std::expected<Policy, std::string> find_policy(std::string_view text, const std::vector<Policy>& of_inventory) {
  for (const auto* policies : {&of_inventory, &ready_made_policies()}) {
    const auto found = std::ranges::find(*policies, text, &Policy::name);
    if (found != policies->end()) return *found;
  }
  if (text.find("<=") != std::string_view::npos) return parse_inline(text);
  return std::unexpected(
      fmt::format("no SLA policy '{}'; there are: {}{}or LAG:pPERCENTILE<=LIMIT[:DEADLINE], for "
                  "example incoming_lag:p95<=60m:2h",
                  text, names_of(of_inventory), names_of(ready_made_policies())));
}

}  // namespace zonelag::aggregator
