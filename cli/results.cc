#include "results.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/row_csv.h"
#include "aggregator/row_json.h"
#include "aggregator/row_table.h"
#include "unknown_sources.h"

namespace zonelag::cli {
namespace {

using aggregator::VersionRow;

struct ZoneExchanges {
  std::vector<aggregator::TransferRow> transfers;
  std::vector<aggregator::NotifyRow> notifies;
};

// By zone as text, which is the order of the output.
std::map<std::string, ZoneExchanges> exchanges_by_zone(const aggregator::ExchangeLog& log) {
  std::map<std::string, ZoneExchanges> zones;
  log.for_each_transfer(
      [&](const aggregator::TransferRow& row) { zones[row.zone.to_text()].transfers.push_back(row); });
  log.for_each_notify([&](const aggregator::NotifyRow& row) { zones[row.zone.to_text()].notifies.push_back(row); });
  return zones;
}

void print_exchanges(Output& output, const ZoneExchanges& zone) {
  for (const auto& row : zone.transfers) output.line(aggregator::to_json(row));
  for (const auto& row : zone.notifies) output.line(aggregator::to_json(row));
}

}  // namespace

void print_json(Output& output, const Hub& hub, const ResultOptions& options) {
  auto zones = exchanges_by_zone(hub.exchanges());
  std::optional<std::string> present;
  const auto finish_zones = [&](const std::optional<std::string>& next) {
    while (!zones.empty() && (!next || zones.begin()->first < *next)) {
      print_exchanges(output, zones.begin()->second);
      zones.erase(zones.begin());
    }
  };
  hub.join().for_each_version(
      [&](const VersionRow& version) {
        const std::string zone = version.zone.to_text();
        if (present != zone) finish_zones(zone);
        present = zone;
        output.line(aggregator::to_json(version));
        for (const auto& node : version.nodes) output.line(aggregator::to_json(node));
      },
      options.policy);
  finish_zones(std::nullopt);
  if (!options.with_unknown) return;
  for (const auto& source : hub.join().unknown_sources()) output.line(to_json(source));
}

void print_csv(Output& output, const Hub& hub, const ResultOptions& options) {
  output.line(aggregator::csv_header());
  hub.join().for_each_version(
      [&](const VersionRow& version) {
        for (const auto& node : version.nodes) output.line(aggregator::to_csv(node, version.verdict));
      },
      options.policy);
}

void print_table(Output& output, const Hub& hub, const ResultOptions& options, bool colour) {
  std::vector<VersionRow> versions;
  hub.join().for_each_version([&](const VersionRow& version) { versions.push_back(version); }, options.policy);
  output.write(aggregator::to_table(versions, {.colour = colour}));
  if (versions.empty()) output.line("No zone version was seen.");
  if (options.with_unknown) output.write(unknown_table(hub.join().unknown_sources()));
}

}  // namespace zonelag::cli
