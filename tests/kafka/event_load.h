// Events of many zones on their way through a fleet, in the order of their times: the load of the service's benches and
// fault tests. Equal settings give equal events. Nothing of the aggregator is in here.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "decoder/event.h"

namespace zonelag::tests {

enum class LoadKind : std::uint8_t {
  notify,  // every node sends a NOTIFY to a collector, whose host's sensor sees it: one event a node
  fleet,   // a sensor on every host: transfers that start and complete, NOTIFYs sent and answered, serials served
};

struct LoadSettings {
  LoadKind kind = LoadKind::notify;
  std::uint32_t zones = 1000;
  std::uint32_t nodes = 22;    // a customer, an incoming, a distribution, then secondaries, two at a location
  std::uint32_t versions = 1;  // of each zone, one after the other
  std::uint32_t missing = 0;   // secondaries that never get any version
  std::uint32_t seed = 1;
  std::uint32_t first_zone = 0;
  std::uint32_t first_serial = 2'026'112'001;
  double rate = 50'000;  // events a second of event time
  decoder::Timestamp start{std::chrono::seconds(1'800'000'000)};
};

// The fleet as an inventory file (design.md section 9), with one policy.
std::string inventory_of(const LoadSettings& settings);

class EventLoad {
 public:
  explicit EventLoad(const LoadSettings& settings);

  // The next event; null: that was all. Overwritten by the next call.
  const decoder::Event* next();
  std::uint64_t events_of_version() const { return steps_.size(); }

 private:
  enum class What : std::uint8_t { notify, answer, started, completed, served };
  // One event of every version: who saw what, between whom.
  struct Step {
    What what = What::served;
    std::uint32_t sensor = 0;  // a node, or the collector, as all below
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
    std::uint32_t stage = 0;    // the node whose time it has
    decoder::Duration after{};  // that time
  };
  struct Due {
    decoder::Timestamp at;
    std::uint64_t version = 0;
    std::uint32_t step = 0;
    friend bool operator>(const Due& left, const Due& right) { return left.at > right.at; }
  };

  void name_nodes();
  void plan_notify();
  void plan_hop(std::uint32_t from, std::uint32_t to);
  void plan_notify_between(std::uint32_t from, std::uint32_t to);
  void plan_transfer(std::uint32_t from, std::uint32_t to);
  bool is_missing(std::uint32_t node) const { return node + settings_.missing >= settings_.nodes; }
  decoder::Timestamp start_of(std::uint64_t version) const;
  decoder::Duration reached_after(std::uint64_t version, std::uint32_t node) const;
  void start_version();
  void fill(const Due& due);
  std::uint16_t message_id(const Due& due) const;
  void fill_body(const Due& due);
  void fill_transfer(const Due& due, decoder::Serial serial);

  const LoadSettings settings_;
  std::vector<Step> steps_;
  std::vector<decoder::IpAddress> addresses_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> sequences_;  // by sensor
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t started_ = 0;  // versions
  decoder::Event event_;
};

}  // namespace zonelag::tests
