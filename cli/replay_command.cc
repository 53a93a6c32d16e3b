#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <vector>

#include "aggregator/report_html.h"
#include "aggregator/time_text.h"
#include "commands.h"
#include "exit_code.h"
#include "hub.h"
#include "output.h"
#include "output_file.h"
#include "results.h"
#include "sensor/event_file.h"
#include "service/command_line/usage.h"
#include "session.h"
#include "statistics.h"

namespace zonelag::cli {
namespace {

using service::UsageError;

// What the options ask for, checked before anything is read.
struct Plan {
  aggregator::Inventory inventory;
  std::optional<decoder::ZoneName> zone;
  std::optional<aggregator::Policy> policy;
  bool results = true;  // on standard output

  const aggregator::Policy* sla() const { return policy ? &*policy : nullptr; }
};

// Each file has one writer, and standard output at most one; false: it has the results.
bool check_outputs(const ReplayOptions& options) {
  std::map<std::string, std::string> writers;
  for (const auto& [option, path] : {std::pair("--events", options.events), std::pair("--report", options.report),
                                     std::pair("--write-inventory", options.write_inventory)}) {
    if (path.empty()) continue;
    const auto [other, fresh] = writers.emplace(path, option);
    if (fresh) continue;
    throw UsageError(fmt::format("{} and {} both want {}", other->second, option,
                                 path == "-" ? "standard output" : fmt::format("'{}'", path)));
  }
  return writers.contains("-");
}

std::expected<Plan, std::string> make_plan(const ReplayOptions& options) {
  Plan plan;
  plan.results = !check_outputs(options);
  if (!options.zone.empty()) {
    plan.zone = decoder::ZoneName::parse(options.zone);
    if (!plan.zone) throw UsageError(fmt::format("--zone: '{}' is no domain name", options.zone));
  }
  auto inventory = open_inventory(options.input);
  if (!inventory) return std::unexpected(inventory.error());
  plan.inventory = *std::move(inventory);
  if (!options.sla.empty()) {
    auto policy = aggregator::find_policy(options.sla, plan.inventory.policies());
    if (!policy) throw UsageError(fmt::format("--sla: {}", policy.error()));
    plan.policy = *std::move(policy);
  }
  return plan;
}

// Why the outputs cannot be written; looked at before hours are spent on reading.
std::optional<std::string> unwritable(const ReplayOptions& options) {
  if (!options.events.empty()) {
    if (auto why = why_not_writable("events file", options.events)) return why;
  }
  if (!options.report.empty()) {
    if (auto why = why_not_writable("report", options.report)) return why;
  }
  if (options.write_inventory.empty() || options.write_inventory == "-") return std::nullopt;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(options.write_inventory, ignored)) {
    return fmt::format("inventory '{}': is there already, and is not overwritten", options.write_inventory);
  }
  return why_not_writable("inventory", options.write_inventory);
}

aggregator::ReportFacts report_facts(const ReplayOptions& options, const Plan& plan, const Hub& hub,
                                     const ReadResult& read) {
  aggregator::ReportFacts facts;
  facts.program = program_version();
  facts.captures = options.input.captures;
  facts.from = hub.first_event();
  if (facts.from) facts.until = hub.join().latest();
  facts.policies = plan.inventory.policies();
  if (plan.policy) facts.policies = {*plan.policy};
  facts.notes = read.notes;
  facts.counters = {{"packets", read.packets}, {"events", hub.events()}, {"evidence", hub.join().counters().evidence}};
  return facts;
}

void print_results(const ReplayOptions& options, const Plan& plan, const Hub& hub, Output& output) {
  const ResultOptions wanted{.policy = plan.sla(), .with_unknown = !plan.inventory.empty()};
  switch (options.format) {
    case Format::json: return print_json(output, hub, wanted);
    case Format::csv: return print_csv(output, hub, wanted);
    case Format::table: return print_table(output, hub, wanted, wants_colour(options.input.colour));
  }
}

// Everything that was asked for, at its place; false: something could not be written.
bool write_all(const ReplayOptions& options, const Plan& plan, const Hub& hub, const ReadResult& read) {
  Output output;
  bool good = true;
  if (!options.write_inventory.empty()) {
    good &= write_file("inventory", options.write_inventory, output,
                       [&](std::ostream& out) { out << hub.starter().to_toml(); });
  }
  if (plan.results) print_results(options, plan, hub, output);
  if (!options.report.empty()) {
    good &= write_file("report", options.report, output, [&](std::ostream& out) {
      aggregator::HtmlReport report;
      hub.join().for_each_version([&](const aggregator::VersionRow& version) { report.add(version); }, plan.sla());
      report.write(report_facts(options, plan, hub, read), out);
    });
  }
  return output.finish() && good;
}

// For somebody who watches; what is read by programs or kept in files ends with the results.
void tell_what_was_read(const Hub& hub, const ReadResult& read) {
  std::string line =
      fmt::format("Read {} packet{} of {} capture{}: {} event{}", read.packets, read.packets == 1 ? "" : "s",
                  read.captures, read.captures == 1 ? "" : "s", hub.events(), hub.events() == 1 ? "" : "s");
  if (read.event_files > 0)
    line += fmt::format(", {} event file{} read too", read.event_files, read.event_files == 1 ? "" : "s");
  if (hub.first_event()) {
    line += fmt::format(" from {} to {} UTC", aggregator::date_and_clock(*hub.first_event()),
                        aggregator::date_and_clock(hub.join().latest()));
  }
  advise("\n" + line + ".");
}

// False: not everything could be written.
bool close_events(sensor::EventFile& events, const ReplayOptions& options) {
  const auto error = events.close();
  if (!error) return true;
  const bool nobody_reads = options.events == "-" && events.error() == EPIPE;
  if (!nobody_reads) complain(*error);
  return false;
}

int fail(const std::string& why) {
  complain(why);
  return kExitFailed;
}

}  // namespace

int replay(const ReplayOptions& options, Interrupt& interrupt) {
  const auto plan = make_plan(options);
  if (!plan) return fail(plan.error());
  if (const auto why = unwritable(options)) return fail(*why);
  std::stop_source stop;
  std::optional<sensor::EventFile> events;
  Hub hub(plan->inventory, {.zone = plan->zone,
                            .exchanges = options.format == Format::json,
                            .starter = !options.write_inventory.empty(),
                            .events = &events,
                            .stop_without_events = options.events == "-" ? &stop : nullptr});
  auto session = Session::open(options.input, plan->inventory, {}, hub);
  if (!session) return fail(session.error());
  if (!options.events.empty()) {
    auto created = sensor::EventFile::create(options.events);
    if (!created) return fail(created.error());
    events = *std::move(created);
  }
  const ReadResult read = session->read(interrupt, stop);
  if (options.statistics) print_statistics(session->replay());
  bool good = !events || close_events(*events, options);
  good &= write_all(options, *plan, hub, read);
  if (plan->results && options.format == Format::table && !options.input.quiet && is_terminal(STDERR_FILENO))
    tell_what_was_read(hub, read);
  return good ? read.exit_code : kExitFailed;
}

}  // namespace zonelag::cli
