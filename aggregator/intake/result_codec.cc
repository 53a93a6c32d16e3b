#include "aggregator/intake/result_codec.h"

#include <google/protobuf/arena.h>

#include <array>
#include <cassert>
#include <chrono>
#include <set>
#include <span>
#include <string_view>
#include <tuple>

#include "confluent_framing.h"
#include "zonelag/v1/result.pb.h"

namespace zonelag::aggregator {
namespace {

// Positions of the messages in result.proto.
constexpr int kLagIndex = 0;
constexpr int kSlaIndex = 1;

// Nearly all messages come out of this block: hardly an allocation.
class Scratch {
 public:
  template <typename Message>
  Message& make() {
    arena_.Reset();
    return *google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  alignas(std::max_align_t) std::array<char, 4096> block_;
  google::protobuf::Arena arena_{block_.data(), block_.size()};
};

void set(google::protobuf::Timestamp& to, Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to.set_seconds(seconds.time_since_epoch().count());
  to.set_nanos(static_cast<std::int32_t>((time - seconds).count()));
}

// Seconds and nanoseconds of a Duration have the same sign.
void set(google::protobuf::Duration& to, Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  to.set_seconds(seconds.count());
  to.set_nanos(static_cast<std::int32_t>((duration - seconds).count()));
}

v1::NodeRole to_wire(Role role) {
  switch (role) {
    case Role::unknown: return v1::NODE_ROLE_UNSPECIFIED;
    case Role::customer: return v1::NODE_ROLE_CUSTOMER;
    case Role::incoming: return v1::NODE_ROLE_INCOMING;
    case Role::distribution: return v1::NODE_ROLE_DISTRIBUTION;
    case Role::secondary: return v1::NODE_ROLE_SECONDARY;
  }
  return v1::NODE_ROLE_UNSPECIFIED;
}

v1::NodeStatus to_wire(NodeStatus status) {
  switch (status) {
    case NodeStatus::production: return v1::NODE_STATUS_PRODUCTION;
    case NodeStatus::maintenance: return v1::NODE_STATUS_MAINTENANCE;
    case NodeStatus::disabled: return v1::NODE_STATUS_DISABLED;
  }
  return v1::NODE_STATUS_UNSPECIFIED;
}

v1::Basis to_wire(Basis basis) {
  switch (basis) {
    case Basis::none: return v1::BASIS_UNSPECIFIED;
    case Basis::announced: return v1::BASIS_ANNOUNCED;
    case Basis::offered: return v1::BASIS_OFFERED;
    case Basis::served: return v1::BASIS_SERVED;
    case Basis::received: return v1::BASIS_RECEIVED;
  }
  return v1::BASIS_UNSPECIFIED;
}

v1::Verdict to_wire(Verdict verdict) {
  switch (verdict) {
    case Verdict::none: return v1::VERDICT_UNSPECIFIED;
    case Verdict::met: return v1::VERDICT_MET;
    case Verdict::breached: return v1::VERDICT_BREACHED;
    case Verdict::open: return v1::VERDICT_OPEN;
    case Verdict::undecidable: return v1::VERDICT_UNDECIDABLE;
  }
  return v1::VERDICT_UNSPECIFIED;
}

void fill(const NodeRow& row, v1::Lag& lag) {
  lag.set_hostname(row.hostname);
  lag.set_location(row.loc);
  lag.set_dsc_name(row.dsc_name);
  lag.set_role(to_wire(row.role));
  lag.set_status(to_wire(row.status));
  if (row.live_at) set(*lag.mutable_live_at(), *row.live_at);
  if (row.not_before) set(*lag.mutable_not_before(), *row.not_before);
  lag.set_basis(to_wire(row.basis));
  if (row.superseded_by) lag.set_superseded_by(row.superseded_by->value());
  if (row.received_at) set(*lag.mutable_received_at(), *row.received_at);
  if (row.announced_at) set(*lag.mutable_announced_at(), *row.announced_at);
  if (row.offered_at) set(*lag.mutable_offered_at(), *row.offered_at);
  if (row.served_at) set(*lag.mutable_served_at(), *row.served_at);
  if (row.customer_lag) set(*lag.mutable_customer_lag(), *row.customer_lag);
  if (row.incoming_lag) set(*lag.mutable_incoming_lag(), *row.incoming_lag);
  if (row.distribution_lag) set(*lag.mutable_distribution_lag(), *row.distribution_lag);
  if (row.clock_error) set(*lag.mutable_clock_error(), *row.clock_error);
  for (const Role role : row.unknown_references) lag.add_unknown_references(to_wire(role));
}

void fill(const LagSummary& summary, v1::LagSummary& to) {
  if (summary.min) set(*to.mutable_min(), *summary.min);
  if (summary.median) set(*to.mutable_median(), *summary.median);
  if (summary.p90) set(*to.mutable_p90(), *summary.p90);
  if (summary.max) set(*to.mutable_max(), *summary.max);
  if (summary.avg) set(*to.mutable_avg(), *summary.avg);
}

void fill(const VersionChange& change, v1::Sla& sla) {
  const VersionRow& row = change.row;
  set(*sla.mutable_first_seen(), row.first_seen);
  set(*sla.mutable_last_evidence(), change.last_own_evidence);
  if (row.delta1) set(*sla.mutable_delta1(), *row.delta1);
  if (row.delta2) set(*sla.mutable_delta2(), *row.delta2);
  fill(row.delta3, *sla.mutable_delta3());
  fill(row.incoming_lag, *sla.mutable_incoming_lag());
  sla.set_ns_count(row.ns_count);
  sla.set_ns_expected(row.ns_expected);
  sla.set_ns_open(row.ns_open);
  for (const std::string& node : change.open_nodes) sla.add_open_nodes(node);
  sla.set_verdict(to_wire(row.verdict));
  sla.set_policy(row.policy);
  for (const VerdictRow& verdict : change.verdicts) {
    v1::PolicyVerdict& to = *sla.add_verdicts();
    to.set_policy(verdict.policy);
    to.set_verdict(to_wire(verdict.verdict));
    if (verdict.figure) set(*to.mutable_figure(), *verdict.figure);
    if (verdict.clock_error) set(*to.mutable_clock_error(), *verdict.clock_error);
  }
}

class Encoder {
 public:
  Encoder(ResultStamp stamp, const ResultTopics& topics, std::vector<OutgoingMessage>& into)
      : stamp_(stamp), topics_(topics), into_(into) {}

  void add(const NodeRow& row) {
    v1::Lag& lag = begin<v1::Lag>(row.zone, row.serial);
    lag.set_address(row.srcip);
    fill(row, lag);
    finish(topics_.lags, topics_.lag_schema_id, kLagIndex, lag);
  }
  void add(const NodeRemoval& row) {
    v1::Lag& lag = begin<v1::Lag>(row.zone, row.serial);
    lag.set_address(row.srcip);
    lag.set_removed(true);
    finish(topics_.lags, topics_.lag_schema_id, kLagIndex, lag);
  }
  void add(const VersionChange& change) {
    v1::Sla& sla = begin<v1::Sla>(change.row.zone, change.row.serial);
    fill(change, sla);
    finish(topics_.slas, topics_.sla_schema_id, kSlaIndex, sla);
  }

 private:
  template <typename Message>
  Message& begin(const ZoneName& zone, Serial serial) {
    Message& message = scratch_.make<Message>();
    message.set_schema(kResultSchemaVersion);
    message.set_zone(zone.to_text());
    message.set_serial(serial.value());
    set(*message.mutable_judged_at(), stamp_.judged_at);
    message.set_revision(stamp_.revision);
    return message;
  }

  template <typename Message>
  void finish(const std::string& topic, std::optional<std::uint32_t> schema_id, int index, const Message& message) {
    OutgoingMessage& out = into_.emplace_back(OutgoingMessage{.topic = topic, .key = message.zone()});
    if (schema_id) append_confluent_prefix(*schema_id, index, out.value);
    [[maybe_unused]] const bool written = message.AppendToString(&out.value);
    assert(written);  // fails for more than 2 GiB only
  }

  ResultStamp stamp_;
  const ResultTopics& topics_;
  std::vector<OutgoingMessage>& into_;
  Scratch scratch_;
};

using RowKey = std::tuple<std::string_view, std::uint32_t, std::string_view>;  // zone, serial, address

// Where another node has the address by now, it is one row for who reads, with one record for each revision.
std::set<RowKey> keys_of(std::span<const NodeChange> nodes) {
  std::set<RowKey> keys;
  for (const NodeChange& node : nodes) keys.insert({node.row.zone.wire(), node.row.serial.value(), node.row.srcip});
  return keys;
}

}  // namespace

void encode_results(const Changes& changes, ResultStamp stamp, const ResultTopics& topics,
                    std::vector<OutgoingMessage>& into) {
  Encoder encoder(stamp, topics, into);
  if (!topics.lags.empty()) {
    const std::set<RowKey> replaced = changes.removed_nodes.empty() ? std::set<RowKey>() : keys_of(changes.nodes);
    for (const NodeRemoval& removal : changes.removed_nodes) {
      if (!replaced.contains({removal.zone.wire(), removal.serial.value(), removal.srcip})) encoder.add(removal);
    }
    for (const NodeChange& change : changes.nodes) encoder.add(change.row);
  }
  if (topics.slas.empty()) return;
  for (const VersionChange& change : changes.versions) encoder.add(change);
}

}  // namespace zonelag::aggregator
