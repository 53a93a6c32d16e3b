#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "option_values.h"
#include "service/command_line/help.h"
#include "service/command_line/usage.h"

namespace zonelag::cli {
namespace {

using service::UsageError;

constexpr const char* kCaptures =
    "[HOST=]FILE: pcap or pcapng, plain or compressed with gzip, zstd, xz or lz4, told by content; - is standard "
    "input. HOST is the hostname in the inventory of the node that it was taken at. Without HOST=, a file whose name "
    "up to the first dot is such a hostname was taken there, and any other is a mirror port's. A FILE that ends in .pb "
    "or .json holds events, as --events and the sensor write them.";

constexpr const char* kExitStatus =
    "Exit status: 0 done; 1 failed, or output could not be written; 2 wrong usage; 3 results printed, but part of the "
    "input could not be used; 130 interrupted, results of what had been read printed.";

std::uint16_t port(const std::string& text) {
  const auto found = number<std::uint16_t>(text);
  if (!found || *found == 0) throw UsageError(fmt::format("--port: '{}' is no port (1 to 65535)", text));
  return *found;
}

void declare_input(CLI::App& command, InputOptions& input) {
  command.add_option("captures", input.captures, kCaptures)->type_name("CAPTURE");
  value(command, "-i,--inventory", "FILE", input.inventory,
        "who is who: nodes, addresses, roles, customers and policies, in TOML. Without it every address is a node of "
        "unknown role, and no lag is known")
      ->group("Input");
  const auto take_ports = [&input](const std::vector<std::string>& given) {
    input.ports.clear();
    for (const std::string& text : given) input.ports.push_back(port(text));
  };
  command
      .add_option_function<std::vector<std::string>>("--port", take_ports,
                                                     "DNS port in place of 53; may be given several times")
      ->allow_extra_args(false)
      ->type_name("PORT")
      ->group("Input");
}

void declare_colour(CLI::App& command, InputOptions& input) {
  value(
      command, "--color,--colour", "WHEN", [&input](const std::string& text) { input.colour = colour_value(text); },
      "colour in tables: auto (on a terminal, the default), always or never")
      ->group("Screen");
}

void declare_quiet(CLI::App& command, InputOptions& input) {
  command.add_flag("-q,--quiet", input.quiet, "no progress bar and no notes, only what went wrong")
      ->disable_flag_override()
      ->group("Screen");
}

void declare_outputs(CLI::App& command, ReplayOptions& options) {
  value(
      command, "-f,--format", "FORMAT", [&options](const std::string& text) { options.format = format_value(text); },
      "table (for people, the default), json (one object a line) or csv (one node and version a line)")
      ->group("Output");
  value(command, "-e,--events", "FILE", options.events,
        "write every event too: one JSON object a line, or length-delimited protobuf where FILE ends in .pb")
      ->group("Output");
  value(command, "-r,--report", "FILE", options.report,
        "write a report too: one self-contained HTML file with a picture of each version")
      ->group("Output");
  value(command, "-w,--write-inventory", "FILE", options.write_inventory,
        "write a starter inventory too, made from what the captures show; a FILE that is there already stays as it is")
      ->group("Output");
}

void declare_replay(CLI::App& app, ReplayOptions& options) {
  CLI::App& command = *app.add_subcommand(
      "replay", "Lags and SLA of every zone version in the captures: decode, join and measure in one process.");
  declare_input(command, options.input);
  value(command, "-z,--zone", "ZONE", options.zone, "this zone only")->group("Input");
  value(command, "-s,--sla", "POLICY", options.sla,
        "the promise to judge instead of the inventory's: a policy's name there, icann (registry agreement, "
        "specification 10), or LAG:pPERCENTILE<=LIMIT[:DEADLINE] as in 'incoming_lag:p95<=60m:2h'")
      ->group("Output");
  declare_outputs(command, options);
  command.add_flag("--statistics", options.statistics, "counters of every stage, on standard error")
      ->disable_flag_override()
      ->group("Output");
  declare_colour(command, options.input);
  declare_quiet(command, options.input);
  command.footer(std::string("A FILE to write of - is standard output, in place of the results.\n\n") + kExitStatus);
}

void declare_explain(CLI::App& app, ExplainOptions& options) {
  CLI::App& command = *app.add_subcommand(
      "explain", "Why a row says what it says: every piece of evidence, and the conclusion step by step.");
  declare_input(command, options.input);
  value(command, "-z,--zone", "ZONE", options.zone, "the zone; must be given")->group("Rows");
  value(
      command, "-n,--serial", "N", [&options](const std::string& text) { options.serial = serial_value(text); },
      "this serial only")
      ->group("Rows");
  value(command, "--node", "HOST", options.node, "this node only: its hostname or address")->group("Rows");
  command
      .add_flag("-v,--verbose", options.verbosity,
                "each piece's DNS message in presentation format, long ones cut in the middle; -vv: not cut")
      ->disable_flag_override()
      ->group("Output");
  declare_quiet(command, options.input);
  command.footer(kExitStatus);
}

// What CLI11 would say in the wrong order: an option that is not known is told before one that is missing.
void check_complete(const CLI::App& app, const Options& options) {
  if (app.got_subcommand("explain") && options.explain.zone.empty())
    throw UsageError("explain needs a zone: --zone ZONE");
  if (app.got_subcommand("db")) return check_db(*app.get_subcommand("db"));
  if (app.got_subcommand("inventory")) return check_inventory(*app.get_subcommand("inventory"), options.inventory);
  if (app.got_subcommand("report")) return check_report(*app.get_subcommand("report"), options.report);
  if (app.got_subcommand("topics")) return check_topics(*app.get_subcommand("topics"));
  const InputOptions& input = app.got_subcommand("replay") ? options.replay.input : options.explain.input;
  if (input.captures.empty()) throw UsageError("no capture is given");
}

}  // namespace

std::string program_version() { return std::string("zonelag ") + ZONELAG_VERSION; }

void declare(CLI::App& app, Options& options) {
  // Handed down to the sub-commands declared after it.
  app.formatter(std::make_shared<service::HelpFormatter>("COMMAND [OPTION]..."));
  app.set_help_flag("-h,--help", "print this help and end");
  app.allow_extras();  // see reject_unknown()
  app.set_version_flag("--version", program_version(), "print the version and end");
  app.require_subcommand(0, 1);
  declare_replay(app, options.replay);
  declare_explain(app, options.explain);
  declare_report(app, options.report);
  declare_inventory(app, options.inventory);
  declare_db(app, options.db);
  declare_topics(app, options.topics);
  app.footer("'zonelag COMMAND --help' lists a command's options; zonelag(1) is the manual.");
}

void parse(CLI::App& app, int argc, const char* const* argv, const Options& options) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    service::reject_unknown(app);
    throw UsageError(service::words_of(app, error.what()));
  }
  service::reject_unknown(app);
  if (app.get_subcommands().empty())
    throw UsageError("no command is given: replay, explain, report, inventory, db or topics");
  check_complete(app, options);
}

}  // namespace zonelag::cli
