#include "future.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "aggregator/partition.h"
#include "proto/codec.h"

namespace zonelag::aggregator {
namespace {

std::int32_t home_of(const decoder::Event& event, std::uint32_t layout) {
  return static_cast<std::int32_t>(partition_of(key_hash(event.zone.to_text()), layout));
}

}  // namespace

void refuse_future(EventBatch& batch, decoder::Timestamp limit, std::uint32_t layout) {
  const auto is_late = [&](const auto& range) { return range.latest > limit; };
  if (std::ranges::none_of(batch.ranges, is_late)) return;
  const auto future = std::ranges::stable_partition(
      batch.events, [&](const decoder::Event& event) { return event.captured_at <= limit; });
  for (const decoder::Event& event : future) {
    batch.poison.push_back({.partition = home_of(event, layout),
                            .offset = -1,
                            .key = event.zone.to_text(),
                            .value = proto::encode(event),
                            .reason = "event: captured_at: in the future"});
  }
  batch.events.erase(future.begin(), future.end());
  std::unordered_map<std::int32_t, decoder::Timestamp> latest;
  for (const decoder::Event& event : batch.events) {
    auto& time = latest.try_emplace(home_of(event, layout), decoder::Timestamp::min()).first->second;
    time = std::max(time, event.captured_at);
  }
  for (FetchedRange& range : batch.ranges) {
    const auto found = latest.find(range.partition);
    range.latest = found == latest.end() ? decoder::Timestamp::min() : found->second;
  }
}

}  // namespace zonelag::aggregator
