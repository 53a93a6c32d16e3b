// What was promised: which lag, which percentile, how much, by when.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator {

enum class LagKind : std::uint8_t { customer_lag, incoming_lag, distribution_lag };
const char* to_string(LagKind kind);

struct Policy {
  std::string name;
  std::vector<std::optional<ZoneName>> zones{std::nullopt};  // nullopt: "*"
  LagKind lag = LagKind::incoming_lag;
  double percentile = 95;                                    // above 0, at most 100
  Duration limit{};
  Duration deadline{};  // after the version's first_seen: an unmet promise is `open` before, `breached` after
};

// "60m", "2h", "1h30m", "500ms", "90s", "1.5s": a number with each unit, at least one. Error: one line.
std::expected<Duration, std::string> parse_duration(std::string_view text);

// The ready-made policies, by name: "icann" (registry agreement, specification 10: DNS update time, 60 min for 95 %).
const std::vector<Policy>& ready_made_policies();

// `--sla` of zonelag replay: a policy's name (the inventory's first, then ready-made), or an inline form
// "LAG:pPERCENTILE<=LIMIT[:DEADLINE]", e.g. "incoming_lag:p95<=60m:2h". Error: one line that names the choices.
std::expected<Policy, std::string> find_policy(std::string_view text, const std::vector<Policy>& of_inventory);

}  // namespace zonelag::aggregator
