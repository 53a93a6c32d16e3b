#include "row_fields.h"

#include <algorithm>

namespace zonelag::aggregator {
namespace {

void put_fact(CopyBuffer& out, const std::optional<StoredFact>& fact, const SensorNames& sensors) {
  if (!fact) {
    for (int field = 0; field < 3; ++field) out.null();
    return;
  }
  out.int8(ns_of(fact->time));
  fact->sensor.empty() ? out.null() : out.int4(sensors.number(fact->sensor));
  if (fact->clock_error) {
    out.int8(std::chrono::duration_cast<std::chrono::microseconds>(*fact->clock_error).count());
  } else {
    out.null();
  }
}

void put_serial(CopyBuffer& out, const std::optional<Serial>& serial) {
  serial ? out.int8(serial->value()) : out.null();
}

void put_lag(CopyBuffer& out, const std::optional<Duration>& lag, Role reference, const NodeRow& row, bool legacy) {
  if (lag || !legacy) return out.interval(lag);
  const bool unknown = std::ranges::find(row.unknown_references, reference) != row.unknown_references.end();
  out.interval(Duration(unknown ? std::chrono::seconds(-1) : std::chrono::seconds(0)));
}

}  // namespace

Day day_of(const TransferChange& change) { return std::chrono::floor<std::chrono::days>(change.row.started_at); }

void put_evidence(CopyBuffer& out, const EvidenceChange& change, const SensorNames& sensors) {
  const StoredEvidence& row = change.row;
  out.text(row.zone.to_text());
  out.int8(row.serial.value());
  out.date(change.day);
  out.text(row.srcip);
  out.text(row.hostname);
  for (const auto& fact : row.facts) put_fact(out, fact, sensors);
  if (row.lowers.empty()) {
    out.null();
    out.null();
  } else {
    std::vector<std::int64_t> times;
    std::vector<std::int64_t> serials;
    for (const LowerBound& lower : row.lowers) {
      times.push_back(ns_of(lower.time));
      serials.push_back(lower.serial.value());
    }
    out.int8_array(times);
    out.int8_array(serials);
  }
  out.int2(row.receptions);
}

void put_version(CopyBuffer& out, const VersionChange& change) {
  const VersionRow& row = change.row;
  out.text(row.zone.to_text());
  out.int8(row.serial.value());
  out.date(change.day);
  out.int4(static_cast<std::int32_t>(change.key_hash));
  out.int8(static_cast<std::int64_t>(change.inventory));
  out.timestamp(row.first_seen);
  out.int8(ns_of(row.first_seen));
  out.int8(ns_of(change.last_evidence));
  for (const auto& lag : {row.delta1, row.delta2, row.delta3.min, row.delta3.median, row.delta3.p90, row.delta3.max,
                          row.delta3.avg, row.incoming_lag.min, row.incoming_lag.max, row.incoming_lag.avg,
                          row.incoming_lag.median, row.incoming_lag.p90}) {
    out.interval(lag);
  }
  out.int4(static_cast<std::int32_t>(row.ns_count));
  out.int4(static_cast<std::int32_t>(row.ns_expected));
  out.int4(static_cast<std::int32_t>(row.ns_open));
  out.text_array(change.open_nodes);
  out.text(to_string(row.verdict));
  out.text_or_null(row.policy);
}

void put_node(CopyBuffer& out, const NodeChange& change, bool legacy) {
  const NodeRow& row = change.row;
  out.text(row.zone.to_text());
  out.int8(row.serial.value());
  out.date(change.day);
  out.text(row.srcip);
  out.timestamp(row.live_at.value_or(Timestamp()));
  out.text_or_null(row.hostname);
  out.text(row.loc);
  out.text(row.dsc_name);
  row.role == Role::unknown ? out.null() : out.text(to_string(row.role));
  put_lag(out, row.distribution_lag, Role::distribution, row, legacy);
  put_lag(out, row.incoming_lag, Role::incoming, row, legacy);
  put_lag(out, row.customer_lag, Role::customer, row, legacy);
  out.text(to_string(row.status));
  out.timestamp(row.not_before);
  out.text(to_string(row.basis));
  put_serial(out, row.superseded_by);
  for (const auto& time : {row.received_at, row.announced_at, row.offered_at, row.served_at}) out.timestamp(time);
  out.interval(row.clock_error);
  if (row.unknown_references.empty()) {
    out.null();
  } else {
    std::vector<std::string> names;
    for (const Role role : row.unknown_references) names.emplace_back(to_string(role));
    out.text_array(names);
  }
}

void put_verdict(CopyBuffer& out, const VersionChange& version, const VerdictRow& row) {
  out.text(version.row.zone.to_text());
  out.int8(version.row.serial.value());
  out.date(version.day);
  out.text(row.policy);
  out.text(to_string(row.verdict));
  out.interval(row.figure);
  out.interval(row.clock_error);
}

void put_transfer(CopyBuffer& out, const TransferChange& change, const SensorNames& sensors) {
  const TransferRow& row = change.row;
  out.text(row.zone.to_text());
  out.int4(sensors.number(change.sensor));
  out.text(row.server.to_string());
  out.int4(change.server_port);
  out.text(row.client.to_string());
  out.int4(change.client_port);
  out.text(decoder::to_string(change.transport));
  out.int4(change.message_id);
  out.text(decoder::to_string(row.asked));
  out.text(decoder::to_string(row.got));
  put_serial(out, row.from_serial);
  put_serial(out, row.serial);
  out.timestamp(row.started_at);
  out.int8(ns_of(row.started_at));
  out.timestamp(row.ended_at);
  row.ended_at ? out.int8(ns_of(*row.ended_at)) : out.null();
  out.int8(static_cast<std::int64_t>(row.messages));
  out.int8(static_cast<std::int64_t>(row.records));
  out.int8(static_cast<std::int64_t>(row.bytes));
  out.text(decoder::to_string(row.outcome));
  row.reason == decoder::TransferFailure::none ? out.null() : out.text(decoder::to_string(row.reason));
  out.int2(row.rcode);
  out.date(day_of(change));
}

}  // namespace zonelag::aggregator
