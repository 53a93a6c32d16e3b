#include "truth_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

#include "aggregator/exchanges.h"
#include "aggregator/inventory.h"
#include "aggregator/join.h"
#include "capture_set.h"
#include "figures.h"
#include "sensor/replay.h"
#include "truth.h"

namespace zonelag::truth {
namespace {

using aggregator::NodeRow;
using aggregator::TransferRow;
using aggregator::VersionRow;
using decoder::Duration;
using std::chrono::milliseconds;

// A log line reaches its reader a little after the fact, and some servers send NOTIFY a little before (wire-facts):
// how far outside of the interval [not_before, live_at] the log's own interval may lie.
constexpr Duration kTolerance = milliseconds(10);

// From a transfer's last segment to the serial being live, at most: NSD reloads once a second; 50,000 records take BIND
// 51 ms, PowerDNS 179 ms (wire-facts, section 3).
Duration last_segment_to_live(const std::string& software) {
  if (software == "nsd") return milliseconds(1'010);
  return software == "pdns" ? milliseconds(179) : milliseconds(51);
}

// The poller notes an answer's time after the server's host captured it.
constexpr Duration kPollTolerance = milliseconds(1);

struct Result {
  std::vector<VersionRow> versions;
  std::vector<TransferRow> transfers;
  std::vector<std::string> problems;
};

class Collector final : public sensor::EventConsumer {
 public:
  explicit Collector(const aggregator::Inventory& inventory) : join(inventory) {}
  void event(decoder::Event&& event, decoder::Bytes) override {
    join.consume(event);
    exchanges.consume(event);
  }
  aggregator::Join join;
  aggregator::ExchangeLog exchanges;
};

Result replay(const aggregator::Inventory& inventory, const std::vector<std::string>& captures) {
  Collector collector(inventory);
  const auto sites = cli::locate_captures(captures, inventory);
  if (!sites) throw std::runtime_error(sites.error());
  auto replay = sensor::Replay::open(*sites, {}, collector);
  if (!replay) throw std::runtime_error(replay.error().text);
  replay->run({}, {});
  Result result;
  for (const auto& problem : replay->problems()) result.problems.push_back(problem.text);
  collector.join.for_each_version([&](const VersionRow& row) { result.versions.push_back(row); });
  collector.exchanges.for_each_transfer([&](const TransferRow& row) { result.transfers.push_back(row); });
  return result;
}

// The hosts' own captures, in the plain form of each (one for a host), or the mirror port's.
std::vector<std::string> captures_of(const std::filesystem::path& folder, bool mirror) {
  std::map<std::string, std::string> by_host;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos || !name.substr(dot).starts_with(".pcap"))
      continue;  // incoming.sll.pcap and the like: other views of the same
    if ((name.substr(0, dot) == "mirror") == mirror) by_host[name.substr(0, dot)] = entry.path().string();
  }
  std::vector<std::string> captures;
  for (const auto& [host, path] : by_host) captures.push_back(path);
  return captures;
}

// What a node is called in the truth: its hostname, or "customer".
std::string host_of(const NodeRow& node) {
  return node.role == aggregator::Role::customer ? "customer" : node.hostname;
}

std::string name_of(const std::string& host, const std::string& zone, std::uint32_t serial) {
  return fmt::format("{} {} {}", host, zone, serial);
}

// How far the moment of the log line lies outside of the row's interval. A row that rests on the transfer alone says so
// with its basis: the log's "live" comes after it, by what wire-facts measured.
Duration error_of(const NodeRow& node, const Loaded& fact) {
  Duration error{};
  const Duration after = node.basis == aggregator::Basis::received ? last_segment_to_live(fact.software) : Duration{};
  if (!node.superseded_by && fact.not_before > *node.live_at + after) error = fact.not_before - *node.live_at - after;
  if (node.not_before && *node.not_before > fact.at) error = std::max(error, Duration(*node.not_before - fact.at));
  return error;
}

using RowsByVersion = std::map<std::tuple<std::string, std::string, std::uint32_t>, const NodeRow*>;

RowsByVersion by_version(const Result& result) {
  RowsByVersion rows;
  for (const VersionRow& version : result.versions) {
    for (const NodeRow& node : version.nodes) {
      const NodeRow*& row = rows[{host_of(node), version.zone.to_text(), version.serial.value()}];
      // A customer has a row for each of its addresses: the first to have it.
      if (row == nullptr || (node.live_at && (!row->live_at || *node.live_at < *row->live_at))) row = &node;
    }
  }
  return rows;
}

void check_facts(const Facts& facts, const RowsByVersion& rows, bool mirror, Tally& tally) {
  for (const Loaded& fact : facts.loaded) {
    ++tally.facts;
    const auto found = rows.find({fact.host, fact.zone, fact.serial});
    if (found != rows.end() && found->second->live_at) {
      ++tally.hits;
      const Duration error = error_of(*found->second, fact);
      tally.largest_error = std::max(tally.largest_error, error);
      if (error > kTolerance) {
        tally.outside.push_back(fmt::format("{}: {:.1f} ms", name_of(fact.host, fact.zone, fact.serial),
                                            static_cast<double>(error.count()) / 1e6));
      }
    } else if (facts.is_invisible(fact, mirror)) {
      ++tally.excused;
    } else {
      tally.misses.push_back(name_of(fact.host, fact.zone, fact.serial));
    }
  }
}

void check_phantoms(const Facts& facts, const Result& result, Tally& tally) {
  for (const VersionRow& version : result.versions) {
    const std::string zone = version.zone.to_text();
    if (!facts.existed(zone, version.serial.value()))
      tally.phantoms.push_back(name_of("version", zone, version.serial.value()));
    for (const NodeRow& node : version.nodes) {
      const bool own = node.live_at && !node.superseded_by;
      if (own && !facts.has_loaded(host_of(node), zone, version.serial.value())) {
        tally.phantoms.push_back(name_of(host_of(node), zone, version.serial.value()));
      }
    }
  }
}

// What a client was told, the server's host captured: the serial was live by then.
void check_polled(const Facts& facts, const RowsByVersion& rows, Tally& tally) {
  for (const Polled& polled : facts.polled) {
    const auto row = rows.find({polled.host, polled.zone, polled.serial});
    if (row == rows.end() || !row->second->live_at) continue;  // a miss, unless excused
    const Duration late = *row->second->live_at - polled.at;
    if (late > kPollTolerance && facts.captured.contains(polled.host)) {
      tally.late.push_back(fmt::format("{}: {:.1f} ms", name_of(polled.host, polled.zone, polled.serial),
                                       static_cast<double>(late.count()) / 1e6));
    }
  }
}

}  // namespace

Tally check(const std::filesystem::path& folder, bool mirror) {
  const Facts facts = read_facts(folder);
  const auto inventory = aggregator::load_inventory((folder / "inventory.toml").string());
  if (!inventory) throw std::runtime_error(inventory.error());
  const auto captures = captures_of(folder, mirror);
  Tally tally;
  tally.captures = captures.size();
  if (captures.empty()) return tally;
  const Result result = replay(*inventory, captures);
  tally.problems = result.problems;
  tally.versions = result.versions.size();
  for (const VersionRow& version : result.versions) tally.node_rows += version.nodes.size();
  const RowsByVersion rows = by_version(result);
  check_facts(facts, rows, mirror, tally);
  check_phantoms(facts, result, tally);
  if (!mirror) check_polled(facts, rows, tally);
  check_figures(facts, result.transfers, *inventory, mirror, tally);
  return tally;
}

std::string to_string(const Tally& tally) {
  return fmt::format(
      "versions {:>3}  node rows {:>4}  logged {:>4}  hits {:>4}  invisible {:>3}  misses {}  phantoms {}  late {}  "
      "figures {:>3} mismatches {}  largest error {:.1f} ms",
      tally.versions, tally.node_rows, tally.facts, tally.hits, tally.excused, tally.misses.size(),
      tally.phantoms.size(), tally.late.size(), tally.figures, tally.mismatches.size(),
      static_cast<double>(tally.largest_error.count()) / 1e6);
}

}  // namespace zonelag::truth
