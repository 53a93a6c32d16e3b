// What the join concludes: one row for each version and for each (version, node), as design.md sections 6 and 8 name
// their columns. Times are event times; lags are signed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decoder/event.h"

namespace zonelag::aggregator {

using decoder::Duration;
using decoder::Serial;
using decoder::Timestamp;
using decoder::ZoneName;

enum class Role : std::uint8_t { unknown, customer, incoming, distribution, secondary };
enum class NodeStatus : std::uint8_t { production, maintenance, disabled };
enum class Basis : std::uint8_t { none, announced, offered, served, received };
enum class Verdict : std::uint8_t { none, met, breached, open, undecidable };  // none: no policy applies

const char* to_string(Role role);  // "customer", ...; "unknown"
const char* to_string(NodeStatus status);
const char* to_string(Basis basis);
const char* to_string(Verdict verdict);

struct NodeRow {
  ZoneName zone;
  Serial serial;
  std::string hostname;  // empty: not in the inventory (customers have none)
  std::string loc;
  std::string dsc_name;  // of a customer: its account name
  Role role = Role::unknown;
  NodeStatus status = NodeStatus::production;
  std::string srcip;                 // the node's ip4, else its ip6; a customer's or unknown source's: the address seen
  std::optional<Timestamp> live_at;  // upper end of the live time; empty: open
  std::optional<Timestamp> not_before;  // lower end
  Basis basis = Basis::none;
  std::optional<Serial> superseded_by;  // the serial whose evidence counted instead
  // First evidence of each kind for this very serial (not of a successor).
  std::optional<Timestamp> received_at;  // JSON: transferred_at
  std::optional<Timestamp> announced_at;
  std::optional<Timestamp> offered_at;
  std::optional<Timestamp> served_at;
  std::optional<Duration> customer_lag;
  std::optional<Duration> incoming_lag;
  std::optional<Duration> distribution_lag;
  std::optional<Duration> clock_error;  // bound of the row's lags: sum of both sensors' errors; 0 within one sensor
  // References that would apply to this role but are not known: why a lag is null.
  std::vector<Role> unknown_references;
};

// Minimum, median, 90th percentile (percentile_cont), maximum, mean; empty where an open member hides the figure.
struct LagSummary {
  std::optional<Duration> min;
  std::optional<Duration> median;
  std::optional<Duration> p90;
  std::optional<Duration> max;
  std::optional<Duration> avg;
};

struct VersionRow {
  ZoneName zone;
  Serial serial;
  Timestamp first_seen;
  std::optional<Duration> delta1;
  std::optional<Duration> delta2;
  LagSummary delta3;           // over the production secondaries
  LagSummary incoming_lag;     // over locations of production secondaries: the SLA row
  std::uint32_t ns_count = 0;  // locations that have it
  std::uint32_t ns_expected = 0;
  std::uint32_t ns_open = 0;
  Verdict verdict = Verdict::none;
  std::string policy;          // the policy that gave the verdict; empty: none applies
  std::vector<NodeRow> nodes;  // by role, location, hostname, srcip; open ones included
};

}  // namespace zonelag::aggregator
