// What was promised: which lag, which percentile, how much, by when.
#pragma once

#include <cstdint>
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
  std::string account;  // for the zones of this account's customers, too; empty: none
  LagKind lag = LagKind::incoming_lag;
  double percentile = 95;  // above 0, at most 100
  Duration limit{};
  Duration deadline{};     // after the version's first_seen: an unmet promise is `open` before, `breached` after
  std::uint32_t line = 0;  // of the file it was read from; 0: from elsewhere
  std::uint32_t id = 0;    // of the database's row; 0: from elsewhere
};

// What is wrong with a policy by itself, if anything: no name, no zone and no account, percentile not above 0 and at
// most 100, limit not above 0, deadline below the limit (it would call breached what may yet be kept).
std::optional<std::string> defect_of(const Policy& policy);

// "60m", "2h", "1h30m", "500ms", "90s", "1.5s": a number with each unit (d h m s ms us ns), at least one, larger units
// first, each once; decimals only in the last one, and never finer than a nanosecond. Not signed. Error: one line.
std::expected<Duration, std::string> parse_duration(std::string_view text);
// The same form, exact: "1h30m", "1s500ms", "0s". For durations that are not negative.
std::string format_duration(Duration duration);

// The ready-made policies, by name: "icann" (registry agreement, specification 10: DNS update time, 60 min for 95 %).
const std::vector<Policy>& ready_made_policies();

// "incoming_lag", ...; nullopt: none of them.
std::optional<LagKind> parse_lag_kind(std::string_view text);

// `--sla` of zonelag replay: a policy's name (the inventory's first, then ready-made), or an inline form
// "LAG:pPERCENTILE<=LIMIT[:DEADLINE]", e.g. "incoming_lag:p95<=60m:2h". Error: one line that names the choices.
std::expected<Policy, std::string> find_policy(std::string_view text, const std::vector<Policy>& of_inventory);

}  // namespace zonelag::aggregator
