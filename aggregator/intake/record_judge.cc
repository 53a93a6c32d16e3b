#include "record_judge.h"

#include <fmt/format.h>

#include "aggregator/partition.h"
#include "aggregator/time_text.h"
#include "proto/codec.h"

namespace zonelag::aggregator {

Judgement judge(std::string_view value, std::uint32_t partition, const JudgeRules& rules) {
  auto event = proto::decode(value);
  if (!event) return Poison{to_string(event.error())};
  if (event->captured_at < kEarliestEvent) {
    return Poison{fmt::format("event: captured_at: {} is before 2000", rfc3339(event->captured_at))};
  }
  if (event->captured_at > rules.latest_event) {
    return Poison{fmt::format("event: captured_at: {} is in the future", rfc3339(event->captured_at))};
  }
  if (partition_of(key_hash(event->zone.to_text()), rules.partitions) == partition) return std::move(*event);
  return Stray{std::move(event->zone)};
}

}  // namespace zonelag::aggregator
