// Events of all kinds at random about a small fleet, with many ties and contradictions.
#pragma once

#include <algorithm>
#include <array>
#include <random>

#include "join_scenario.h"

namespace zonelag::aggregator {

class RandomEvents {
 public:
  // half_circle: no two serials are 2^31 or more apart, so that "newer" is an order.
  explicit RandomEvents(std::uint32_t seed, bool half_circle = false) : random_(seed), half_circle_(half_circle) {}

  std::vector<Event> take(std::size_t count) {
    std::vector<Event> events;
    for (std::size_t i = 0; i < count; ++i) events.push_back(next());
    return events;
  }
  std::vector<Event> shuffled(std::vector<Event> events) {
    std::ranges::shuffle(events, random_);
    return events;
  }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

 private:
  template <std::size_t N>
  std::string_view any(const std::array<std::string_view, N>& choices) {
    return choices[below(N)];
  }
  // Close to each other, around the end of the circle, and on its other side.
  std::uint32_t serial() {
    constexpr std::array kBases{10U, 0xfffffffdU, 0x80000009U, 0x7ffffffeU};
    return kBases[below(8) < 5 ? 0 : below(half_circle_ ? 2 : 4)] + below(6);
  }
  std::string_view node() {
    return any(std::array{kCustomer, kIncoming, kDistribution, kVienna1, kVienna2, kAmsterdam, kAnycast, kStranger,
                          std::string_view("2001:db8::41"), std::string_view("192.0.2.67")});
  }
  Event next() {
    const std::int64_t time = below(60);  // few different times: many ties
    Event seen = one_of_any_kind(time);
    seen = by(any(std::array<std::string_view, 4>{"zeta", "alpha", "mid", ""}),
              below(3) == 0 ? std::nullopt : std::optional(ms(below(4))), std::move(seen));
    if (below(2) == 0) seen.node = any(std::array<std::string_view, 3>{"vie1", "ams1", "in1"});
    return in_zone(any(std::array<std::string_view, 3>{"example.at", "a.test", "zz.example.at"}), std::move(seen));
  }
  Event one_of_any_kind(std::int64_t time) {
    switch (below(9)) {
      case 0: return notify(node(), serial(), time);
      case 8: return answer(node(), node(), serial(), below(2) == 0 ? 0 : 9, time);
      case 1: return started(node(), serial(), time);
      case 2: return completed(node(), serial(), time);
      case 3: return completed(node(), serial(), time, decoder::TransferForm::lone_soa);
      case 4: return served(node(), serial(), time, decoder::ServedVia::soa_answer);
      case 5: return event(node(), time, decoder::Status{});
      case 6: {
        decoder::Notify bare;
        if (below(2) == 0) bare.answered_with = Serial(serial());
        return event(node(), time, bare);
      }
      default: return served_after(node(), serial(), time, serial(), below(60));
    }
  }

  std::mt19937 random_;
  bool half_circle_;
};

inline InventoryRows property_fleet() {
  InventoryRows rows = fleet_rows();
  rows.nameservers[2].ip6 = address("2001:db8::41");
  rows.nameservers.push_back(nameserver("fra1", "10.53.0.44", Role::secondary));
  rows.nameservers[3].status = NodeStatus::maintenance;
  rows.customers.push_back({address("192.0.2.67"), std::nullopt, "Everybody"});
  rows.policies.push_back(Policy{.name = "p", .limit = ms(20), .deadline = ms(40)});
  return rows;
}

}  // namespace zonelag::aggregator
