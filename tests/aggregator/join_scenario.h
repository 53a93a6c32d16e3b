// A small fleet and short ways to say what was seen of it, for the tests of the join.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/inventory.h"
#include "aggregator/join.h"

namespace zonelag::aggregator {

inline constexpr std::string_view kCustomer = "203.0.113.10";
inline constexpr std::string_view kIncoming = "10.53.0.20";
inline constexpr std::string_view kDistribution = "10.53.0.30";
inline constexpr std::string_view kVienna1 = "10.53.0.41";
inline constexpr std::string_view kVienna2 = "10.53.0.42";
inline constexpr std::string_view kAmsterdam = "10.53.0.43";
inline constexpr std::string_view kAnycast = "198.51.100.53";
inline constexpr std::string_view kStranger = "192.0.2.66";

inline IpAddress address(std::string_view text) { return *IpAddress::parse(text); }
inline ZoneName zone(std::string_view text = "example.at") { return *ZoneName::parse(text); }
inline Duration ms(std::int64_t count) { return std::chrono::milliseconds(count); }
// Milliseconds after the scenario's start.
inline Timestamp at(std::int64_t count) { return Timestamp(std::chrono::seconds(1'800'000'000)) + ms(count); }

inline Nameserver nameserver(std::string_view hostname, std::string_view ip4, Role role, std::string_view loc = "") {
  Nameserver node;
  node.hostname = hostname;
  node.ip4 = address(ip4);
  node.ns_type = role;
  node.loc = loc;
  return node;
}

// One customer, incoming and distribution node; two secondaries in Vienna and one in Amsterdam.
inline InventoryRows fleet_rows() {
  InventoryRows rows;
  rows.customers.push_back({address(kCustomer), zone(), "Example GmbH"});
  rows.nameservers.push_back(nameserver("in1", kIncoming, Role::incoming));
  rows.nameservers.push_back(nameserver("dist1", kDistribution, Role::distribution));
  rows.nameservers.push_back(nameserver("vie1", kVienna1, Role::secondary, "vie"));
  rows.nameservers.push_back(nameserver("vie2", kVienna2, Role::secondary, "vie"));
  rows.nameservers.push_back(nameserver("ams1", kAmsterdam, Role::secondary, "ams"));
  rows.nameservers[2].anycast = {address(kAnycast)};
  rows.nameservers[4].anycast = {address(kAnycast)};
  return rows;
}

inline Event event(std::string_view source, std::int64_t time, decltype(Event::body) body) {
  Event result;
  result.sensor_id = "sensor-a";
  result.captured_at = at(time);
  result.source.address = address(source);
  result.zone = zone();
  result.body = std::move(body);
  return result;
}

inline Event notify(std::string_view source, std::uint32_t serial, std::int64_t time) {
  decoder::Notify body;
  body.serial = Serial(serial);
  return event(source, time, body);
}

// `target` answers `sender`'s NOTIFY.
inline Event answer(std::string_view target, std::string_view sender, std::uint32_t serial, std::uint8_t rcode,
                    std::int64_t time) {
  decoder::Notify body;
  body.response = true;
  body.rcode = rcode;
  body.request_serial = Serial(serial);
  Event result = event(target, time, body);
  result.destination.address = address(sender);
  return result;
}

inline Event started(std::string_view server, std::uint32_t serial, std::int64_t time) {
  decoder::Transfer body;
  body.first_serial = Serial(serial);
  return event(server, time, body);
}

inline Event completed(std::string_view client, std::uint32_t serial, std::int64_t time,
                       decoder::TransferForm got = decoder::TransferForm::incremental) {
  decoder::Transfer body;
  body.phase = decoder::TransferPhase::completed;
  body.got = got;
  body.first_serial = Serial(serial);
  body.last_serial = Serial(serial);
  Event result = event(kStranger, time, body);  // the server; says nothing in a completed transfer
  result.destination.address = address(client);
  return result;
}

inline Event served(std::string_view source, std::uint32_t serial, std::int64_t time,
                    decoder::ServedVia via = decoder::ServedVia::negative_answer) {
  decoder::Served body;
  body.serial = Serial(serial);
  body.via = via;
  return event(source, time, body);
}

// `previous` was last answered at `last_seen`.
inline Event served_after(std::string_view source, std::uint32_t serial, std::int64_t time, std::uint32_t previous,
                          std::int64_t last_seen) {
  Event result = served(source, serial, time);
  auto& body = std::get<decoder::Served>(result.body);
  body.previous = Serial(previous);
  body.previous_last_seen = at(last_seen);
  return result;
}

inline Event by(std::string_view sensor, std::optional<Duration> error, Event seen) {
  seen.sensor_id = sensor;
  seen.clock.max_error = error;
  return seen;
}

inline Event in_zone(std::string_view name, Event seen) {
  seen.zone = zone(name);
  return seen;
}

// Every field of every row, so that equal texts mean equal rows.
std::string describe(const VersionRow& version);
std::string describe(const Join& join, const Policy* policy = nullptr);

// An inventory and a join over it.
class Scenario {
 public:
  explicit Scenario(InventoryRows rows = fleet_rows(), JoinLimits limits = {})
      : inventory_(*Inventory::build(std::move(rows))), join_(inventory_, limits) {}

  Join& join() { return join_; }
  void see(const std::vector<Event>& events) {
    for (const Event& seen : events) join_.consume(seen);
  }
  std::vector<VersionRow> versions(std::string_view name = "example.at", const Policy* policy = nullptr) const;
  std::vector<std::uint32_t> serials(std::string_view name = "example.at") const;
  std::optional<VersionRow> version(std::uint32_t serial, const Policy* policy = nullptr) const;
  // Empty: no such row.
  std::optional<NodeRow> row(std::uint32_t serial, std::string_view srcip) const;

 private:
  Inventory inventory_;
  Join join_;
};

// Customer 0, incoming 400, distribution 1700; secondaries 2000 and 2600 (Vienna), 3100 (Amsterdam).
inline void see_whole_chain(Scenario& fleet) {
  fleet.see({notify(kCustomer, 5, 0), notify(kIncoming, 5, 400), notify(kDistribution, 5, 1700),
             served(kVienna1, 5, 2000), served(kVienna2, 5, 2600), served(kAmsterdam, 5, 3100)});
}

}  // namespace zonelag::aggregator
