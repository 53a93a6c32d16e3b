// Results, dead letters and strays as messages for Kafka. The schema of results is proto/zonelag/v1/result.proto; no
// generated type is seen from here. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/intake/event_feed.h"
#include "aggregator/store/store.h"

namespace zonelag::aggregator {

// Value of Lag.schema and Sla.schema.
inline constexpr std::uint32_t kResultSchemaVersion = 1;

// What all results of a transaction say of themselves.
struct ResultStamp {
  Timestamp judged_at;         // what the rows were judged by (Ledger::take_changes)
  std::uint64_t revision = 0;  // of the transaction (Store::begin)
};

struct ResultTopics {
  std::string lags = "zonelag.lags";  // empty: not wanted
  std::string slas = "zonelag.slas";
  // Ids of the topics' schemas where Confluent's wire format is wanted (schema_registry.h); empty: plain protobuf.
  std::optional<std::uint32_t> lag_schema_id;
  std::optional<std::uint32_t> sla_schema_id;
};

// A message for each changed row, of removed ones, too; appended to `into`.
void encode_results(const Changes& changes, ResultStamp stamp, const ResultTopics& topics,
                    std::vector<OutgoingMessage>& into);

// Key and value as they were, and headers that say why and whence: zonelag-reason, zonelag-topic, zonelag-partition,
// zonelag-offset. A value that no topic of default size would take is cut, and its length is in zonelag-length.
OutgoingMessage dead_letter(const PoisonRecord& poison, const std::string& events_topic, const std::string& dead_topic);

// The event as it was, to its zone's home.
OutgoingMessage stray_message(const StrayRecord& stray, const std::string& events_topic);

}  // namespace zonelag::aggregator
