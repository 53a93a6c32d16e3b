#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <vector>

#include "aggregator/exchanges.h"
#include "aggregator/join.h"
#include "aggregator/report_html.h"
#include "aggregator/row_csv.h"
#include "aggregator/row_json.h"
#include "aggregator/row_table.h"
#include "aggregator/starter_inventory.h"
#include "commands.h"
#include "exit_code.h"
#include "output.h"
#include "sensor/event_file.h"
#include "session.h"
#include "unknown_table.h"

namespace zonelag::cli {
namespace {

using aggregator::VersionRow;

// What the options ask for, checked before anything is read.
struct Plan {
  aggregator::Inventory inventory;
  std::optional<decoder::ZoneName> zone;
  std::optional<aggregator::Policy> policy;
  std::optional<sensor::EventFile> events;
  bool results = true;  // on standard output
};

std::expected<Plan, std::string> plan(const ReplayOptions& options) {
  Plan plan;
  auto inventory = open_inventory(options.input);
  if (!inventory) return std::unexpected(inventory.error());
  plan.inventory = *std::move(inventory);
  if (!options.zone.empty()) {
    plan.zone = decoder::ZoneName::parse(options.zone);
    if (!plan.zone) return std::unexpected(fmt::format("--zone '{}' is not a domain name", options.zone));
  }
  if (!options.sla.empty()) {
    auto policy = aggregator::find_policy(options.sla, plan.inventory.policies());
    if (!policy) return std::unexpected(fmt::format("--sla: {}", policy.error()));
    plan.policy = *std::move(policy);
  }
  if (options.events == "-" && options.write_inventory == "-") {
    return std::unexpected("--events - and --write-inventory - both want standard output");
  }
  if (!options.events.empty()) {
    auto events = sensor::EventFile::create(options.events);
    if (!events) return std::unexpected(events.error());
    plan.events = std::move(*events);
  }
  plan.results = options.events != "-" && options.write_inventory != "-";
  return plan;
}

// The in-memory hand-over: every event goes to the join and to whoever else was asked for.
class Hub final : public sensor::EventConsumer {
 public:
  Hub(Plan& plan, const ReplayOptions& options)
      : plan_(plan),
        join(plan.inventory),
        with_exchanges_(options.format == Format::json),
        with_starter_(!options.write_inventory.empty()) {}

  void event(const decoder::Event& event, decoder::Bytes) override {
    if (plan_.zone && event.zone != *plan_.zone) return;
    ++events;
    if (!first_event || event.captured_at < *first_event) first_event = event.captured_at;
    join.consume(event);
    if (with_exchanges_) exchanges.consume(event);
    if (with_starter_) starter.consume(event);
    if (plan_.events) plan_.events->write(event);
  }

 private:
  Plan& plan_;

 public:
  aggregator::Join join;
  aggregator::ExchangeLog exchanges;
  aggregator::StarterInventory starter;
  std::uint64_t events = 0;
  std::optional<decoder::Timestamp> first_event;

 private:
  bool with_exchanges_;
  bool with_starter_;
};

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

// A zone's versions with their nodes, then its transfers, then its NOTIFYs.
void print_json(Output& output, const Hub& hub, const aggregator::Policy* policy) {
  auto zones = exchanges_by_zone(hub.exchanges);
  std::optional<std::string> present;
  const auto finish_zones = [&](const std::optional<std::string>& next) {
    while (!zones.empty() && (!next || zones.begin()->first < *next)) {
      print_exchanges(output, zones.begin()->second);
      zones.erase(zones.begin());
    }
  };
  hub.join.for_each_version(
      [&](const VersionRow& version) {
        const std::string zone = version.zone.to_text();
        if (present != zone) finish_zones(zone);
        present = zone;
        output.line(aggregator::to_json(version));
        for (const auto& node : version.nodes) output.line(aggregator::to_json(node));
      },
      policy);
  finish_zones(std::nullopt);
}

void print_csv(Output& output, const Hub& hub, const aggregator::Policy* policy) {
  output.line(aggregator::csv_header());
  hub.join.for_each_version(
      [&](const VersionRow& version) {
        for (const auto& node : version.nodes) output.line(aggregator::to_csv(node, version.verdict));
      },
      policy);
}

void print_table(Output& output, const Hub& hub, const aggregator::Policy* policy, bool colour) {
  std::vector<VersionRow> versions;
  hub.join.for_each_version([&](const VersionRow& version) { versions.push_back(version); }, policy);
  output.write(aggregator::to_table(versions, {.colour = colour}));
  if (versions.empty()) output.line("No zone version was seen.");
  output.write(unknown_table(hub.join.unknown_sources()));
}

aggregator::ReportFacts report_facts(const ReplayOptions& options, const Plan& plan, const Hub& hub,
                                     const ReadResult& read) {
  aggregator::ReportFacts facts;
  facts.program = program_version();
  facts.captures = options.input.captures;
  facts.from = hub.first_event;
  if (facts.from) facts.until = hub.join.latest();
  facts.policies = plan.inventory.policies();
  if (plan.policy) facts.policies = {*plan.policy};
  facts.notes = read.problems;
  facts.counters = {{"packets", read.packets}, {"events", hub.events}, {"evidence", hub.join.counters().evidence}};
  return facts;
}

bool write_report(const std::string& path, const aggregator::ReportFacts& facts, const Hub& hub,
                  const aggregator::Policy* policy) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file) {
    aggregator::HtmlReport report;
    hub.join.for_each_version([&](const VersionRow& version) { report.add(version); }, policy);
    report.write(facts, file);
    file.close();
  }
  if (!file) complain(fmt::format("report '{}' could not be written", path));
  return static_cast<bool>(file);
}

bool write_starter(const ReplayOptions& options, const Hub& hub, Output& output) {
  const std::string text = hub.starter.to_toml();
  if (options.write_inventory == "-") {
    output.write(text);
    return true;
  }
  std::ofstream file(options.write_inventory, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) complain(fmt::format("inventory '{}' could not be written", options.write_inventory));
  return static_cast<bool>(file);
}

void print_results(const ReplayOptions& options, const Plan& plan, const Hub& hub, Output& output) {
  const aggregator::Policy* policy = plan.policy ? &*plan.policy : nullptr;
  switch (options.format) {
    case Format::json: return print_json(output, hub, policy);
    case Format::csv: return print_csv(output, hub, policy);
    case Format::table: return print_table(output, hub, policy, wants_colour(options.input.colour));
  }
}

}  // namespace

int replay(const ReplayOptions& options, const Interrupt& interrupt) {
  auto planned = plan(options);
  if (!planned) {
    complain(planned.error());
    return kExitFailed;
  }
  Hub hub(*planned, options);
  const auto read = read_captures(options.input, planned->inventory, {}, hub, interrupt, options.statistics);
  if (!read) return kExitFailed;
  int exit_code = read->exit_code;
  const auto failed = [&] { exit_code = kExitFailed; };

  Output output;
  if (planned->events) {
    if (const auto error = planned->events->close()) {
      complain(*error);
      failed();
    }
  }
  if (!options.write_inventory.empty() && !write_starter(options, hub, output)) failed();
  if (planned->results) print_results(options, *planned, hub, output);
  const aggregator::Policy* policy = planned->policy ? &*planned->policy : nullptr;
  if (!options.report.empty() &&
      !write_report(options.report, report_facts(options, *planned, hub, *read), hub, policy)) {
    failed();
  }
  if (!output.finish()) failed();
  return exit_code;
}

}  // namespace zonelag::cli
