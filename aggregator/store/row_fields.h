// Columns of the tables that changes go to, and one row's fields in that order.
#pragma once

#include "binary.h"
#include "sensor_names.h"

namespace zonelag::aggregator {

inline constexpr const char* kEvidenceColumns =
    "zone, serial, day, srcip, hostname, announced_ns, announced_sensor, announced_error_us, offered_ns, "
    "offered_sensor, "
    "offered_error_us, served_ns, served_sensor, served_error_us, received_ns, received_sensor, received_error_us, "
    "lower_ns, "
    "lower_serial, receptions";
inline constexpr const char* kVersionColumns =
    "zone, serial, day, key_hash, inventory, first_seen, first_seen_ns, last_evidence_ns, delta1, delta2, delta3_min, "
    "delta3_median, delta3_p90, delta3_max, delta3_avg, min_lag, max_lag, avg_lag, median_lag, percentile_90_lag, "
    "ns_count, ns_expected, ns_open, open_nodes, verdict, policy";
inline constexpr const char* kNodeColumns =
    "zone, serial, day, srcip, received_at, hostname, loc, dsc_name, ns_type, distribution_lag, incoming_lag, "
    "customer_lag, "
    "status, not_before, basis, superseded_by, transferred_at, announced_at, offered_at, served_at, clock_error, "
    "unknown_references";
inline constexpr const char* kVerdictColumns = "zone, serial, day, policy, verdict, figure, clock_error";
inline constexpr const char* kTransferColumns =
    "zone, sensor, server, server_port, client, client_port, transport, message_id, asked, got, from_serial, serial, "
    "started_at, started_ns, ended_at, ended_ns, messages, records, bytes, outcome, reason, rcode, day";

// How many columns a list has.
constexpr std::int16_t count_columns(std::string_view columns) {
  std::int16_t count = 1;
  for (const char c : columns) count = static_cast<std::int16_t>(count + (c == ',' ? 1 : 0));
  return count;
}

Day day_of(const TransferChange& change);

void put_evidence(CopyBuffer& out, const EvidenceChange& change, const SensorNames& sensors);
void put_version(CopyBuffer& out, const VersionChange& change);
// legacy: lags that do not apply as 0, references not known as -1 s.
void put_node(CopyBuffer& out, const NodeChange& change, bool legacy);
void put_verdict(CopyBuffer& out, const VersionChange& version, const VerdictRow& row);
void put_transfer(CopyBuffer& out, const TransferChange& change, const SensorNames& sensors);

}  // namespace zonelag::aggregator
