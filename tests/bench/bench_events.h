// A fleet and its events, for the benches of what joins them: for each version and node an announced, a served and a
// received one, by three sensors.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/inventory.h"
#include "decoder/event.h"

namespace zonelag::bench {

using aggregator::Inventory;
using decoder::Event;
using decoder::IpAddress;
using decoder::Serial;
using decoder::Timestamp;
using decoder::ZoneName;

struct Scale {
  std::uint64_t zones = 100'000;
  std::uint64_t nodes = 50;
  std::uint64_t versions = 1;
  std::uint64_t pairs() const { return zones * nodes * versions; }
  std::uint64_t events() const { return pairs() * 3; }
};

inline std::string node_address(std::uint64_t node) {
  return "10.53." + std::to_string(node / 250) + "." + std::to_string(node % 250 + 1);
}

// The first node is the customer, the second incoming, the third distribution, all others secondaries.
inline Inventory fleet(const Scale& scale) {
  aggregator::InventoryRows rows;
  rows.customers.push_back({*IpAddress::parse(node_address(0)), std::nullopt, "customer"});
  for (std::uint64_t i = 1; i < scale.nodes; ++i) {
    aggregator::Nameserver node;
    node.hostname = "node" + std::to_string(i);
    node.ip4 = IpAddress::parse(node_address(i));
    node.loc = "site" + std::to_string(i / 2);
    if (i == 1) node.ns_type = aggregator::Role::incoming;
    if (i == 2) node.ns_type = aggregator::Role::distribution;
    rows.nameservers.push_back(std::move(node));
  }
  return *Inventory::build(std::move(rows));
}

// Makes one event after the other in the same place.
class EventMaker {
 public:
  explicit EventMaker(const Scale& scale) {
    for (std::uint64_t i = 0; i < scale.nodes; ++i) addresses_.push_back(*IpAddress::parse(node_address(i)));
  }

  // kind: 0 announced, 1 served, 2 received.
  const Event& make(std::uint64_t kind, std::uint64_t node, std::uint64_t version, std::uint64_t zone) {
    char name[] =
        "\x0bz000000000c\x07"
        "example\x02"
        "at";  // 23 bytes with the root: no short-string optimisation
    std::uint64_t digits = zone;
    for (int at = 10; at > 1; --at, digits /= 10) name[at] = static_cast<char>('0' + digits % 10);
    event_.zone = ZoneName::from_canonical(std::string_view(name, sizeof name));
    event_.captured_at =
        Timestamp(std::chrono::seconds(1'800'000'000 + version * 60) + std::chrono::milliseconds(node * 3 + kind));
    event_.sensor_id.assign("sensor-000");
    event_.sensor_id[9] = static_cast<char>('0' + kind);
    event_.clock.max_error = std::chrono::microseconds(400 + kind);
    event_.source.address = addresses_[node];
    event_.destination.address = addresses_[kind == 2 ? node : 0];
    const Serial serial(static_cast<std::uint32_t>(2'026'112'001 + version));
    if (kind == 0) event_.body.emplace<decoder::Notify>().serial = serial;
    if (kind == 1) {
      auto& served = event_.body.emplace<decoder::Served>();
      served.serial = serial;
      served.previous = Serial(serial.value() - 1);
      served.previous_last_seen = event_.captured_at - std::chrono::seconds(1);
    }
    if (kind == 2) {
      auto& transfer = event_.body.emplace<decoder::Transfer>();
      transfer.phase = decoder::TransferPhase::completed;
      transfer.got = decoder::TransferForm::incremental;
      transfer.last_serial = serial;
    }
    return event_;
  }

 private:
  std::vector<IpAddress> addresses_;
  Event event_;
};

// Processor time: what else runs on the machine does not count.
inline double seconds_since(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

inline std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

}  // namespace zonelag::bench
