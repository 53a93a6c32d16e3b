// How many events a second one thread joins, and what a (version, node) pair costs in memory.
//   join_bench [ZONES [NODES [VERSIONS]]]      default 100000 50 1
// Events come in random order: for each version and node an announced, a served and a received one, by three sensors.
// The cost of making the events is measured apart and subtracted.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/join.h"

namespace {

using namespace zonelag;
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

std::string node_address(std::uint64_t node) {
  return "10.53." + std::to_string(node / 250) + "." + std::to_string(node % 250 + 1);
}

// The first node is the customer, the second incoming, the third distribution, all others secondaries.
Inventory fleet(const Scale& scale) {
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

// All events in an order that looks random: x -> a*x + b modulo a power of two visits every number once.
class EventSource {
 public:
  explicit EventSource(const Scale& scale) : scale_(scale) {
    while (modulus_ < scale.events()) modulus_ *= 2;
    for (std::uint64_t i = 0; i < scale.nodes; ++i) addresses_.push_back(*IpAddress::parse(node_address(i)));
  }

  const Event& next() {
    do {
      state_ = (state_ * 6364136223846793005ULL + 1442695040888963407ULL) & (modulus_ - 1);
    } while (state_ >= scale_.events());
    // Low bits of such a generator are regular, so the number is not used as it comes.
    const std::uint64_t number = state_;
    fill(number % 3, number / 3 % scale_.nodes, number / 3 / scale_.nodes % scale_.versions,
         number / 3 / scale_.nodes / scale_.versions);
    return event_;
  }

 private:
  void fill(std::uint64_t kind, std::uint64_t node, std::uint64_t version, std::uint64_t zone) {
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
  }

  Scale scale_;
  std::uint64_t modulus_ = 4;
  std::uint64_t state_ = 1;
  std::vector<IpAddress> addresses_;
  Event event_;
};

// Processor time: what else runs on the machine does not count.
double seconds_since(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

template <typename Use>
double run(const Scale& scale, Use use) {
  EventSource source(scale);
  const auto start = std::clock();
  for (std::uint64_t i = 0; i < scale.events(); ++i) use(source.next());
  return seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  Scale scale;
  for (auto [i, value] : {std::pair{1, &scale.zones}, {2, &scale.nodes}, {3, &scale.versions}}) {
    if (i >= argc) break;
    const std::string_view text(argv[i]);
    if (std::from_chars(text.data(), text.data() + text.size(), *value).ec != std::errc() || *value == 0) return 2;
  }
  const Inventory inventory = fleet(scale);
  const std::uint64_t resident = resident_bytes();
  aggregator::Join join(inventory);
  std::uint64_t sum = 0;
  const double making = run(scale, [&](const Event& event) { sum += event.zone.wire().size(); });
  const double first = run(scale, [&](const Event& event) { join.consume(event); }) - making;
  const double again = run(scale, [&](const Event& event) { join.consume(event); }) - making;
  const auto events = static_cast<double>(scale.events());
  const auto pairs = static_cast<double>(join.evidence_rows());
  std::printf("events %.0f, pairs %.0f, making an event %.0f ns (%llu)\n", events, pairs, making / events * 1e9,
              static_cast<unsigned long long>(sum));
  std::printf("first time:  %.2f million events/s\nrepeated:    %.2f million events/s\n", events / first / 1e6,
              events / again / 1e6);
  std::printf("bytes a pair: %.1f counted, %.1f resident\n", static_cast<double>(join.memory_bytes()) / pairs,
              static_cast<double>(resident_bytes() - resident) / pairs);
  const auto start = std::clock();
  std::uint64_t rows = 0;
  join.for_each_version([&](const aggregator::VersionRow& version) { rows += version.nodes.size(); });
  std::printf("rows: %llu in %.2f s\n", static_cast<unsigned long long>(rows), seconds_since(start));
}
