// The starter inventory made from hosts' captures against the inventory made from the lab's topology.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "aggregator/starter_inventory.h"
#include "capture_set.h"
#include "sensor/replay.h"

namespace zonelag::truth {
namespace {

class Starter final : public sensor::EventConsumer {
 public:
  void event(decoder::Event&& event, decoder::Bytes) override { inventory.consume(event); }
  aggregator::StarterInventory inventory;
};

std::string text_of(const std::optional<decoder::IpAddress>& address) { return address ? address->to_string() : "-"; }

// "s1 secondary 10.53.0.41 fd00:53::41 anycast 10.53.100.53 ...".
std::set<std::string> lines_of(const std::vector<aggregator::Nameserver>& nameservers) {
  std::set<std::string> lines;
  for (const aggregator::Nameserver& node : nameservers) {
    std::set<std::string> anycast;
    for (const auto& address : node.anycast) anycast.insert(address.to_string());
    std::string line =
        node.hostname + " " + aggregator::to_string(node.ns_type) + " " + text_of(node.ip4) + " " + text_of(node.ip6);
    for (const std::string& address : anycast) line += " " + address;
    lines.insert(line);
  }
  return lines;
}

class StarterInventory : public testing::TestWithParam<const char*> {};

TEST_P(StarterInventory, IsTheTopology) {
  const std::filesystem::path folder = std::filesystem::path(ZONELAG_SOURCE_DIR) / "pcaps" / GetParam();
  std::vector<std::string> captures;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".pcap") != std::string::npos && !name.starts_with("mirror"))
      captures.push_back(entry.path().string());
  }
  const auto sites = cli::locate_captures(captures, {});
  ASSERT_TRUE(sites) << sites.error();
  Starter starter;
  auto replay = sensor::Replay::open(*sites, {}, starter);
  ASSERT_TRUE(replay) << replay.error().text;
  replay->run({}, {});

  const auto expected = aggregator::load_inventory((folder / "inventory.toml").string());
  ASSERT_TRUE(expected) << expected.error();
  EXPECT_EQ(lines_of(starter.inventory.rows().nameservers), lines_of(expected->nameservers()));
  for (const auto& customer : starter.inventory.rows().customers) EXPECT_TRUE(expected->is_customer(customer.ip));
  // What it writes is read back, and consistent.
  const auto parsed = aggregator::parse_inventory_toml(starter.inventory.to_toml(), "starter");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_TRUE(aggregator::Inventory::build(*parsed));
}

INSTANTIATE_TEST_SUITE_P(Pcaps, StarterInventory, testing::Values("chain-A", "chain-A-fast", "chain-B", "refresh-A"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace zonelag::truth
