#include "report_options.h"

#include "option_values.h"

namespace zonelag::cli {
namespace {

using service::UsageError;

constexpr const char* kExitStatus = "Exit status: 0 done; 1 failed; 2 wrong usage; 130 interrupted.";

decoder::Timestamp time_of(std::string_view option, const std::string& text, bool is_end) {
  const auto time = time_argument(text, is_end);
  if (!time) throw UsageError(fmt::format("{}: '{}' is no time (2026-11-20 or 2026-11-20T12:00:00Z)", option, text));
  return *time;
}

void declare_format(CLI::App& command, ReportOptions& options, const std::string& description) {
  value(
      command, "-f,--format", "FORMAT", [&options](const std::string& text) { options.format = format_value(text); },
      description)
      ->group("Output");
  value(
      command, "--color,--colour", "WHEN", [&options](const std::string& text) { options.colour = colour_value(text); },
      "colour in tables: auto (on a terminal, the default), always or never")
      ->group("Output");
}

void declare_policy(CLI::App& command, ReportOptions& options, const std::string& description) {
  value(command, "-p,--policy", "POLICY", options.policy, description)->group("Policy");
  flag(command, "--recompute", options.recompute,
       "judge anew from the evidence, although the database has this policy's verdicts")
      ->group("Policy");
}

void declare_rows(CLI::App& command, ReportOptions& options) {
  value(command, "-z,--zone", "ZONE", options.zone, "this zone only")->group("Rows");
  value(
      command, "-n,--serial", "N", [&options](const std::string& text) { options.serial = serial_value(text); },
      "this serial only")
      ->group("Rows");
  value(
      command, "--from", "TIME", [&options](const std::string& text) { options.from = time_of("--from", text, false); },
      "versions first seen since: a day in UTC, or a time such as 2026-11-20T12:00:00Z")
      ->group("Rows");
  value(
      command, "--until", "TIME",
      [&options](const std::string& text) { options.until = time_of("--until", text, true); },
      "versions first seen before; of a day, before its end")
      ->group("Rows");
  value(command, "--node", "HOST", options.node, "rows of this node only: its hostname or address")->group("Rows");
  value(command, "--account", "NAME", options.account, "zones of this customer only")->group("Rows");
  flag(command, "--open", options.open, "only versions that some node has not got, and those nodes")->group("Rows");
}

void declare_compliance(CLI::App& report, ReportOptions& options) {
  CLI::App& command =
      *report.add_subcommand("compliance", "A calendar month's versions by verdict, for each policy and account.");
  command.preparse_callback([&options](std::size_t) { options.action = ReportAction::compliance; });
  value(
      command, "-m,--month", "MONTH",
      [&options](const std::string& text) {
        const auto month = month_argument(text);
        if (!month) throw UsageError(fmt::format("--month: '{}' is no month (2026-11)", text));
        options.month_text = text;
        options.month = *month;
      },
      "the month, in UTC, such as 2026-11; must be given")
      ->group("Rows");
  value(command, "-z,--zone", "ZONE", options.zone, "this zone only")->group("Rows");
  value(command, "--account", "NAME", options.account, "zones of this customer only")->group("Rows");
  declare_policy(command, options, "this policy only; one that the database does not have is judged from the evidence");
  declare_format(command, options, "table (for people, the default), json (one object a line) or csv");
  declare_database(command, options.database);
  command.footer(std::string("The share is that of met versions among all that were judged: an open or an undecidable "
                             "one is never counted as met.\n\n") +
                 kExitStatus);
}

void declare_list(CLI::App& report, ReportOptions& options, ReportAction action, const std::string& name,
                  const std::string& description) {
  CLI::App& command = *report.add_subcommand(name, description);
  command.preparse_callback([&options, action](std::size_t) { options.action = action; });
  declare_format(command, options, "table (for people, the default), json (one object a line) or csv");
  declare_database(command, options.database);
  command.footer(kExitStatus);
}

// Options of report itself that its sub-command does not have.
void reject_lost_options(const CLI::App& command) {
  if (command.get_subcommands().empty()) return;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    const std::string name = option->get_lnames().front();
    const std::string below = command.get_subcommands().front()->get_name();
    throw UsageError(fmt::format("--{} stands before '{}': options come after the command", name, below));
  }
}

}  // namespace

void declare_report(CLI::App& app, ReportOptions& options) {
  CLI::App& command = *app.add_subcommand(
      "report", "What the aggregator found, out of its database: rows, the SLA, who has not got a version yet.");
  command.require_subcommand(0, 1);
  declare_rows(command, options);
  declare_policy(command, options,
                 "another promise to judge: a policy's name, icann, or LAG:pPERCENTILE<=LIMIT[:DEADLINE]");
  declare_format(command, options, "table (for people, the default), json (one object a line) or csv");
  value(command, "--html", "FILE", options.html, "write a page for people, in place of the rows; - is standard output")
      ->group("Output");
  declare_database(command, options.database);
  declare_compliance(command, options);
  declare_list(command, options, ReportAction::candidates, "candidates",
               "Sources that the inventory does not know, and customers that announced a zone not theirs.");
  declare_list(command, options, ReportAction::sensors, "sensors",
               "The sensors: when each was last heard of, and when it could not see.");
  command.footer(kExitStatus);
}

void check_report(const CLI::App& command, const ReportOptions& options) {
  reject_lost_options(command);
  if (options.action == ReportAction::compliance && options.month_text.empty())
    throw UsageError("report compliance needs a month: --month 2026-11");
  if (options.recompute && options.policy.empty()) throw UsageError("--recompute needs a policy: --policy POLICY");
  if (options.from && options.until && *options.from >= *options.until)
    throw UsageError("--from is not before --until");
}

}  // namespace zonelag::cli
