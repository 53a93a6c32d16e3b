// The most interesting versions, up to a number of them. Private to the room.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

// Breached first, then what is open, then undecidable; among equals the latest. Lesser is more interesting.
struct Interest {
  int trouble = 0;
  std::int64_t age = 0;  // greater for earlier
  std::uint64_t number = 0;

  Interest(const VersionRow& version, std::uint64_t number_of_version)
      : trouble(trouble_of(version)), age(~version.first_seen.time_since_epoch().count()), number(number_of_version) {}
  friend auto operator<=>(const Interest&, const Interest&) = default;

 private:
  static int trouble_of(const VersionRow& version) {
    if (version.verdict == Verdict::breached) return 0;
    if (version.verdict == Verdict::open || version.ns_open > 0) return 1;
    return version.verdict == Verdict::undecidable ? 2 : 3;
  }
};

template <typename Item>
class Selection {
 public:
  explicit Selection(std::size_t limit) : limit_(limit) {}

  // `make` is called if the item is to be kept, for now.
  template <typename Make>
  void offer(const Interest& interest, Make make) {
    if (limit_ == 0) return;
    if (items_.size() >= limit_) {
      const auto least = std::prev(items_.end());
      if (least->first < interest) return;
      items_.erase(least);
    }
    items_.emplace(interest, make());
  }

  bool contains(const Interest& interest) const { return items_.contains(interest); }
  std::size_t size() const { return items_.size(); }

  // In the order in which they came.
  std::vector<std::pair<Interest, const Item*>> in_order() const {
    std::map<std::uint64_t, std::pair<Interest, const Item*>> by_number;
    for (const auto& [interest, item] : items_) by_number.try_emplace(interest.number, interest, &item);
    std::vector<std::pair<Interest, const Item*>> items;
    for (const auto& [number, entry] : by_number) items.push_back(entry);
    return items;
  }

 private:
  std::map<Interest, Item> items_;
  std::size_t limit_;
};

}  // namespace zonelag::aggregator::html
