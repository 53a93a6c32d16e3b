#include "report_sample.h"

#include <array>
#include <sstream>
#include <vector>

#include "aggregator/sla.h"

namespace zonelag::aggregator::sample {
namespace {

using namespace std::chrono_literals;

struct Place {
  const char* code;
  const char* city;
};
constexpr std::array kPlaces{Place{"vie", "Vienna"},    Place{"fra", "Frankfurt"}, Place{"ams", "Amsterdam"},
                             Place{"lhr", "London"},    Place{"iad", "Ashburn"},   Place{"sin", "Singapore"},
                             Place{"gru", "São Paulo"}, Place{"nrt", "Tokyo"},     Place{"jnb", "Johannesburg"},
                             Place{"syd", "Sydney"}};

NodeRow node(const Fleet& fleet, Role role, std::string hostname, Duration after) {
  NodeRow row;
  row.zone = *ZoneName::parse(fleet.zone);
  row.serial = Serial(fleet.serial);
  row.role = role;
  row.hostname = std::move(hostname);
  row.srcip = "192.0.2.1";
  row.live_at = fleet.first_seen + after;
  row.not_before = fleet.first_seen + after * 7 / 10;
  row.basis = Basis::served;
  row.customer_lag = after;
  return row;
}

void add_references(VersionRow& version, const Fleet& fleet) {
  NodeRow customer = node(fleet, Role::customer, "", 0ms);
  customer.dsc_name = "Example GmbH";
  customer.srcip = "203.0.113.10";
  customer.basis = Basis::announced;
  customer.not_before.reset();
  customer.announced_at = customer.live_at;
  customer.customer_lag.reset();
  version.nodes.push_back(customer);
  NodeRow incoming = node(fleet, Role::incoming, "in1", 411ms);
  incoming.received_at = fleet.first_seen + 288ms;
  incoming.offered_at = incoming.served_at = incoming.live_at;
  version.nodes.push_back(incoming);
  NodeRow distribution = node(fleet, Role::distribution, "dist1", 640ms);
  distribution.received_at = fleet.first_seen + 460ms;
  distribution.announced_at = distribution.live_at;
  distribution.offered_at = fleet.first_seen + 720ms;
  distribution.incoming_lag = 229ms;
  version.nodes.push_back(distribution);
  version.delta1 = 411ms;
  version.delta2 = 229ms;
}

NodeRow secondary(const Fleet& fleet, int i) {
  const Place& place = kPlaces[static_cast<std::size_t>(i) % kPlaces.size()];
  // Spread out, but not evenly.
  Duration after = 700ms + fleet.spread * ((i * 37) % 100) / 100 + 3ms * i;
  if (i < fleet.outliers) after = 9min + i * 41s;
  NodeRow row = node(fleet, Role::secondary, std::string(place.code) + std::to_string(i / 10 + 1), after);
  row.loc = place.code;
  row.dsc_name = place.city;
  row.srcip = "192.0.2." + std::to_string(10 + i);
  row.distribution_lag = after - 640ms;
  row.incoming_lag = after - 411ms;
  row.clock_error = 2ms;
  row.received_at = row.not_before;
  row.served_at = row.live_at;
  if (i % 3 == 0) row.offered_at = row.live_at;
  if (i % 4 == 0) row.announced_at = *row.live_at + 30ms;
  if (fleet.superseded && i % 5 == 4) {
    row.superseded_by = Serial(fleet.serial + 2);
    row.received_at.reset();
    row.served_at.reset();
    row.offered_at.reset();
    row.announced_at.reset();
  }
  if (i >= fleet.secondaries - fleet.open) {
    row.live_at.reset();
    row.served_at.reset();
    row.offered_at.reset();
    row.announced_at.reset();
    if (i % 2 == 0) row.received_at.reset();
    row.not_before = row.received_at;
    row.basis = Basis::none;
    row.superseded_by.reset();
    row.customer_lag.reset();
    row.incoming_lag.reset();
    row.distribution_lag.reset();
  }
  return row;
}

}  // namespace

VersionRow version_of(const Fleet& fleet) {
  VersionRow version;
  version.zone = *ZoneName::parse(fleet.zone);
  version.serial = Serial(fleet.serial);
  version.first_seen = fleet.first_seen;
  version.verdict = fleet.verdict;
  version.policy = "contract";
  if (fleet.references) add_references(version, fleet);
  std::vector<MemberLag> incoming;
  std::vector<MemberLag> distribution;
  for (int i = 0; i < fleet.secondaries; ++i) {
    version.nodes.push_back(secondary(fleet, i));
    incoming.push_back(version.nodes.back().incoming_lag);
    distribution.push_back(version.nodes.back().distribution_lag);
  }
  version.incoming_lag = summarise(incoming);
  version.delta3 = summarise(distribution);
  version.ns_expected = static_cast<std::uint32_t>(fleet.secondaries);
  version.ns_open = static_cast<std::uint32_t>(fleet.open);
  version.ns_count = version.ns_expected - version.ns_open;
  return version;
}

VersionRow lone_version() {
  VersionRow version;
  version.zone = *ZoneName::parse("example.net");
  version.serial = Serial(7);
  version.first_seen = kNoon;
  NodeRow row;
  row.zone = version.zone;
  row.serial = version.serial;
  row.srcip = "2001:db8::53";
  row.live_at = row.served_at = row.offered_at = kNoon;
  row.basis = Basis::served;
  version.nodes.push_back(row);
  return version;
}

ReportFacts facts() {
  ReportFacts facts;
  facts.title = "Zone propagation, November 2026";
  facts.program = "zonelag 0.1.0";
  facts.captures = {"in1=in1.pcap", "dist1=dist1.pcap", "mirror.pcapng.zst"};
  facts.from = kNoon - 90s;
  facts.until = kNoon + 3600s;
  Policy policy;
  policy.name = "contract";
  policy.limit = 1500ms;
  policy.deadline = 2h;
  facts.policies = {policy};
  facts.counters = {{"packets", 1'234'567}, {"events", 4321}};
  return facts;
}

std::string report_of(const std::vector<VersionRow>& versions, const ReportFacts& facts, ReportLimits limits) {
  HtmlReport report(limits);
  for (const VersionRow& version : versions) report.add(version);
  std::ostringstream out;
  report.write(facts, out);
  return out.str();
}

}  // namespace zonelag::aggregator::sample
