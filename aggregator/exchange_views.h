// A bounded set of views of exchanges, each merged from the events that describe it. Private to the room.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "decoder/time.h"
#include "decoder/zone_name.h"

namespace zonelag::aggregator {

// Exchanges that began further apart are different ones.
inline constexpr decoder::Duration kExchangeWindow = std::chrono::seconds(60);

// later - earlier <= window, for any two times; false when `later` is the earlier one.
constexpr bool within(decoder::Timestamp earlier, decoder::Timestamp later, decoder::Duration window) {
  if (later < earlier) return false;
  const auto distance = static_cast<std::uint64_t>(later.time_since_epoch().count()) -
                        static_cast<std::uint64_t>(earlier.time_since_epoch().count());
  return distance <= static_cast<std::uint64_t>(window.count());
}

// Keeps the `limit` greatest keys ever given to it, whatever their order: Key begins with the time, so the earliest go.
// View::merge must be commutative, associative and idempotent; then so is this.
template <typename Key, typename View>
class ExchangeViews {
 public:
  explicit ExchangeViews(std::uint32_t limit) : limit_(limit) {}

  void add(const Key& key, const View& view) {
    const auto [at, inserted] = views_.try_emplace(key, view);
    if (!inserted) {
      at->second.merge(view);
    } else if (views_.size() > limit_) {
      views_.erase(views_.begin());
      ++evicted_;
    }
  }

  using Entry = std::pair<const Key, View>;
  // Valid until the next add().
  std::vector<const Entry*> entries() const {
    std::vector<const Entry*> all;
    all.reserve(views_.size());
    for (const Entry& entry : views_) all.push_back(&entry);
    return all;
  }
  std::uint64_t evicted() const { return evicted_; }

 private:
  std::map<Key, View> views_;
  std::uint32_t limit_;
  std::uint64_t evicted_ = 0;
};

// By zone as text, then `time`; rows equal in both stay in the order they have, which the caller makes deterministic.
template <typename Row>
void sort_by_zone_and_time(std::vector<Row>& rows, decoder::Timestamp Row::* time) {
  struct Place {
    std::string zone;
    decoder::Timestamp time;
    std::size_t index = 0;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  places.reserve(rows.size());
  for (const Row& row : rows) places.push_back({row.zone.to_text(), row.*time, places.size()});
  std::ranges::sort(places);
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  for (const Place& place : places) sorted.push_back(std::move(rows[place.index]));
  rows = std::move(sorted);
}

}  // namespace zonelag::aggregator
